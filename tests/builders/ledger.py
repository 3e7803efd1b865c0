"""Ledger stories for tests: accounts that hold money, and moves between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from marketplace.infra.commands import command
from marketplace.infra.database import driver
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.ledger.services import JournalId, Move

WORLD = "external:world"


@command
def opened(kind: str, currency: str = "EUR", owner: UUID | None = None) -> int:
    """Open an account; a kind with owners gets a new one unless told whose."""
    if owner is None and kind in {"person:wallet", "escrow:campaign", "escrow:loan"}:
        owner = uuid4()
    return ledger.account(kind, currency, owner)


def eur(text: str) -> Money:
    """Return an amount of euro."""
    return Money.of(text, "EUR")


@command
def posted(
    operation_id: str,
    *moves: tuple[int, int, Money],
    cause: str = "test:1",
    at: datetime | None = None,
) -> JournalId:
    """Post `moves` of (debit, credit, amount) in a command of their own."""
    return ledger.post(
        operation_id,
        [Move(debit, credit, amount, "test") for debit, credit, amount in moves],
        cause=cause,
        actor="test",
        happened_at=at or clock.now(),
    )


@command
def held(
    operation_id: str,
    *moves: tuple[int, int, Money],
    cause: str = "test:1",
    expires_at: datetime | None = None,
) -> JournalId:
    """Hold `moves` of (debit, credit, amount) in a command of their own."""
    return ledger.hold(
        operation_id,
        [Move(debit, credit, amount, "test") for debit, credit, amount in moves],
        cause=cause,
        actor="test",
        happened_at=clock.now(),
        expires_at=expires_at,
    )


@command
def settled(operation_id: str, hold: str, amount: Money | None = None) -> JournalId:
    """Settle a hold in a command of its own."""
    return ledger.settle(operation_id, hold, actor="test", happened_at=clock.now(), amount=amount)


@command
def voided(operation_id: str, hold: str) -> JournalId:
    """Void a hold in a command of its own."""
    return ledger.void(operation_id, hold, actor="test", happened_at=clock.now())


@command
def reversed_(operation_id: str, of: str) -> JournalId:
    """Reverse an operation in a command of its own."""
    return ledger.reverse(operation_id, of, actor="test", happened_at=clock.now())


def filled(kind: str, amount: Money, owner: UUID | None = None) -> int:
    """Open an account of `kind` and put `amount` on it."""
    number = opened(kind, amount.currency, owner)
    posted(f"test.fill:{uuid4()}", (opened(WORLD, amount.currency), number, amount))
    return number


@command
def staged(
    lines: Sequence[tuple[str, int, int, Money]], *, cause: str = "test:1", hold: bool = False
) -> int:
    """Stage lines of (operation, debit, credit, amount) and post or hold them at once."""
    ledger.stage()
    with driver().cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)"
            " VALUES (%s, %s, %s, %s, %s, 'test', %s)",
            [
                (operation, debit, credit, amount.currency, amount.minor, cause)
                for operation, debit, credit, amount in lines
            ],
        )
    write = ledger.hold_staged if hold else ledger.post_staged
    return write(actor="test", happened_at=clock.now())
