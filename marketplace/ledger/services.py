"""Writing money: each function is one call of one SQL function, inside the caller's transaction.

An `operation_id` names what is being done, e.g. `settlement.release:<campaign>`. Doing it again
with the same content gives the first journal back; with other content it is `Broken`. Two things
do not belong to the content: `actor` and `happened_at`, which differ when something is retried.

After a refusal the transaction is over, as after any error of the database: let it propagate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, NewType
from uuid import UUID

import psycopg

from marketplace.infra import database, proofs
from marketplace.infra.commands import command, step
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken, Refusal, Stale
from marketplace.kernel.money import Money
from marketplace.ledger import chart, checks, queries
from marketplace.ledger.checks import Finding

JournalId = NewType("JournalId", int)

_OPEN: Final = """
    SELECT owner_id, account_id
    FROM ledger_open(%s, %s, %s, %s::uuid[], %s, %s, %s, %s)
"""
_POST: Final = """
    SELECT ledger_post(%s, %s, %s, %s, %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
"""
# Nearly all that is posted is one movement, and it has a shorter way.
_MOVE: Final = """
    SELECT ledger_move(%s, %s, %s, %s, %s::bigint, %s::bigint, %s::bigint, %s)
"""
_HOLD: Final = """
    SELECT ledger_hold(%s, %s, %s, %s, %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s)
"""


class _Opened(NamedTuple):
    owner_id: UUID | None
    account_id: int


@dataclass(frozen=True, slots=True)
class Move:
    """One movement: `amount` (more than nothing) debited to one account, credited to another."""

    debit: int
    credit: int
    amount: Money
    code: str


@step
def account(kind: str, currency: str, owner: UUID | None = None) -> int:
    """Return the account of `kind` in `currency` that belongs to `owner`, opened if need be."""
    found = queries.account_number(kind, currency, owner)
    return found if found is not None else _open(kind, currency, [owner])[owner]


@step
def accounts(kind: str, currency: str, owners: Sequence[UUID]) -> dict[UUID, int]:
    """Return the accounts of `kind` for many owners in one call, opened where need be."""
    opened = _open(kind, currency, owners) if owners else {}
    return {owner: opened[owner] for owner in owners}


@step
def post(
    operation_id: str, moves: Sequence[Move], *, cause: str, actor: str, happened_at: datetime
) -> JournalId:
    """Move money for good. `Refusal("overdraft")` when an account does not hold enough."""
    facts, columns = (operation_id, cause, actor, happened_at), _columns(moves)
    if len(moves) == 1:
        return _call(_MOVE, (*facts, *(values[0] for values in columns)))
    return _call(_POST, (*facts, *columns))


@step
def hold(
    operation_id: str,
    moves: Sequence[Move],
    *,
    cause: str,
    actor: str,
    happened_at: datetime,
    expires_at: datetime | None = None,
) -> JournalId:
    """Set money aside: it is no longer available, and not yet moved. `settle` or `void` it later.

    `expires_at` is a promise to void it then; `void_expired` keeps it.
    """
    return _call(_HOLD, (operation_id, cause, actor, happened_at, *_columns(moves), expires_at))


@step
def settle(
    operation_id: str,
    hold_operation_id: str,
    *,
    actor: str,
    happened_at: datetime,
    amount: Money | None = None,
) -> JournalId:
    """Move what a hold set aside. A hold of one movement may be settled for a smaller `amount`.

    The rest is free again. `Stale` when another operation has settled or voided the hold.
    """
    minor = None if amount is None else amount.minor
    return _call(
        "SELECT ledger_settle(%s, %s, %s, %s, %s)",
        (operation_id, hold_operation_id, actor, happened_at, minor),
    )


@step
def void(
    operation_id: str, hold_operation_id: str, *, actor: str, happened_at: datetime
) -> JournalId:
    """Free what a hold set aside. `Stale` when another operation has settled or voided it."""
    return _call(
        "SELECT ledger_void(%s, %s, %s, %s)",
        (operation_id, hold_operation_id, actor, happened_at),
    )


@step
def reverse(
    operation_id: str, of_operation_id: str, *, actor: str, happened_at: datetime
) -> JournalId:
    """Move everything an operation moved back again, once. `Stale` when that was done before."""
    return _call(
        "SELECT ledger_reverse(%s, %s, %s, %s)",
        (operation_id, of_operation_id, actor, happened_at),
    )


@step
def stage() -> None:
    """Make or empty the temporary table for `post_staged`; fill it by one INSERT ... SELECT.

    `ledger_stage(operation_id text, debit bigint, credit bigint, currency char(3),
    amount bigint, code text, cause text)`. Rows of one operation belong together and share a
    cause; rows of nothing (amount 0) are left out by the caller.
    """
    with told():
        database.write("SELECT ledger_stage()")


@step
def post_staged(*, actor: str, happened_at: datetime) -> int:
    """Post everything staged, a journal for each operation; returns how many were new.

    Operations posted before are skipped when their content is the same, else it is `Broken`.
    Balances are netted: each account is touched once.
    """
    return int(_call("SELECT ledger_post_staged(%s, %s)", (actor, happened_at)))


@step
def hold_staged(*, actor: str, happened_at: datetime, expires_at: datetime | None = None) -> int:
    """Set everything staged aside, a hold for each operation; returns how many were new."""
    return int(
        _call("SELECT ledger_post_staged(%s, %s, 'hold', %s)", (actor, happened_at, expires_at))
    )


@step
def void_expired(now: datetime, *, limit: int = 1000) -> int:
    """Void holds whose time is over; returns how many."""
    expired = queries.expired_holds(now, limit)
    for operation_id in expired:
        void(f"ledger.expired:{operation_id}", operation_id, actor="clock", happened_at=now)
    return len(expired)


@step
def advance_checkpoints() -> int:
    """Fold what is final into the checkpoints of append accounts; returns how many moved."""
    return int(_call("SELECT ledger_advance_checkpoints()", ()))


def prove(now: datetime) -> list[Finding]:
    """Try every invariant, note what came of it, and return it. Outside any command."""
    started = clock.monotonic()
    findings = checks.run(now)
    database.db.session.rollback()
    _note(findings, now, clock.monotonic() - started)
    return findings


@command
def _note(findings: Sequence[Finding], now: datetime, seconds: float) -> None:
    broken = [each for each in findings if not each.holds]
    proofs.record(
        proofs.Subject.LEDGER,
        at=now,
        examined=len(findings),
        differences=sum(each.count for each in broken),
        seconds=seconds,
        facts={"broken": {each.name: each.count for each in broken}},
    )


def _open(kind: str, currency: str, owners: Sequence[UUID | None]) -> Mapping[UUID | None, int]:
    entry = chart.kind(kind)
    if currency not in chart.NUMBERS:
        raise Broken(f"the chart of accounts has no currency {currency}")
    if any((owner is None) != (entry.owner_type is None) for owner in owners):
        raise Broken(f"accounts of kind {kind} belong to {entry.owner_type or 'nobody'}")
    facts = (
        kind, currency, entry.owner_type, list(owners),
        entry.book, entry.side, entry.mode, entry.overdraft_allowed,
    )  # fmt: skip
    with told():
        found = database.rows(_OPEN, facts, into=_Opened)
    return {each.owner_id: each.account_id for each in found}


def _columns(moves: Sequence[Move]) -> tuple[list[int], list[int], list[int], list[str]]:
    for move in moves:
        currency = move.amount.currency
        if {chart.currency_of(move.debit), chart.currency_of(move.credit)} != {currency}:
            raise Broken(f"{move} mixes currencies")
        if not move.amount.is_positive:
            raise Broken(f"{move} moves nothing")
    return (
        [move.debit for move in moves],
        [move.credit for move in moves],
        [move.amount.minor for move in moves],
        [move.code for move in moves],
    )


def _call(sql: str, params: Sequence[object]) -> JournalId:
    with told():
        found = database.scalar(sql, params)
    if found is None:
        raise Broken("the ledger gave no answer")
    return JournalId(found)


@contextmanager
def told() -> Iterator[None]:
    """Turn what the SQL functions raise into what the product says."""
    try:
        yield
    except psycopg.Error as trouble:
        message = trouble.diag.message_primary or str(trouble)
        match trouble.sqlstate:
            case "KL001":
                raise Refusal(
                    "overdraft", account=int(trouble.diag.message_detail or 0)
                ) from trouble
            case "KL004":
                raise Stale(message) from trouble
            case "KL002" | "KL003" | "KL005" | "KL006" | "23502" | "23514" | "22003":
                raise Broken(message) from trouble
            case _:
                raise
