"""What a correction takes back: from wallets as far as it is there, and the rest as money comes.

Where a wallet holds less than what is to be taken back, the house stands in, so that everybody
else has what is theirs; what it stands in for is owed, and taken at each settlement run until
all is back. Nobody's wallet goes below zero for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.commands import command, step
from marketplace.infra.database import column, driver, execute, rows
from marketplace.kernel.ids import new_id, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.settlement.lines import Line

ACTOR: Final = "settlement"


@dataclass(frozen=True, slots=True)
class _Balance:
    """What a person gains (or, below zero, gives back) by one receipt of one loan."""

    receipt_id: UUID
    person_id: UUID
    wallet: int | None
    net: int
    currency: str
    escrow_account: int
    operation: str
    cause: str
    code: str


# Lenders of loans whose portions are corrected, and borrowers who paid too much.
_BALANCES: Final = """
    SELECT r.receipt_id, s.lender_id AS person_id, s.wallet_account AS wallet,
        sum(s.principal + s.interest + s.penalty - s.fee)::bigint AS net, r.currency,
        r.escrow_account, r.operation, r.cause, 'repayment' AS code
    FROM repaying r JOIN sharing s ON s.loan_id = r.loan_id WHERE r.corrects
    GROUP BY r.receipt_id, s.lender_id, s.wallet_account, r.currency, r.escrow_account,
        r.operation, r.cause
    UNION ALL
    SELECT receipt_id, borrower_id, NULL, overpaid, currency, escrow_account, operation, cause,
        'overpaid'
    FROM repaying WHERE overpaid <> 0
    ORDER BY receipt_id, person_id
"""

# The money of payments that were taken back leaves the escrow once their shares are back in it.
_COUNTER: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT r.operation, r.escrow_account, back.counter_account, r.currency, -back.amount_minor,
        'reversal', r.cause
    FROM repaying r JOIN receipt back ON back.loan_id = r.loan_id
        AND back.shared_as = r.sequence AND back.counter_account IS NOT NULL
    WHERE back.amount_minor < 0
"""


@step
def stage_the_rest(now: datetime) -> None:
    """Stage what plain rounds have nothing of: corrections, overpayments, payments taken back."""
    found = rows(_BALANCES, into=_Balance)
    held: dict[int, int] = {}
    moves = [move for one in found if one.net for move in _moves(one, held, now)]
    with driver().cursor() as cursor:
        cursor.executemany(_STAGE, moves)
    execute(_COUNTER)


_STAGE: Final = b"""
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


@step
def _moves(one: _Balance, held: dict[int, int], now: datetime) -> list[tuple[object, ...]]:
    """Return the movements of one person's gain or loss; `held` is what wallets have left."""
    wallet = one.wallet or ledger.account("person:wallet", one.currency, one.person_id)
    if one.net > 0:
        return [_row(one, one.escrow_account, wallet, one.net, one.code)]
    if wallet not in held:
        held[wallet] = max(ledger_queries.balance(wallet).available_minor, 0)
    taken = min(-one.net, held[wallet])
    held[wallet] -= taken
    missing = -one.net - taken
    parts = [(wallet, taken, "taken_back")]
    if missing:
        _write_owed(one, missing, now)
        parts.append((ledger.account("loss:credit", one.currency), missing, "stood_in"))
    return [
        _row(one, account, one.escrow_account, amount, code)
        for account, amount, code in parts
        if amount
    ]


def _row(one: _Balance, debit: int, credit: int, amount: int, code: str) -> tuple[object, ...]:
    return (one.operation, debit, credit, one.currency, amount, code, one.cause)


@step
def _write_owed(one: _Balance, missing: int, now: datetime) -> None:
    execute(
        "INSERT INTO share_owed (id, receipt_id, person_id, currency, amount_minor, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (new_id(), one.receipt_id, one.person_id, one.currency, missing, now),
    )


@dataclass(frozen=True, slots=True)
class _Owed:
    id: UUID
    person_id: UUID
    currency: str
    open_minor: int


_OPEN: Final = """
    SELECT id, person_id, currency, amount_minor - recovered_minor AS open_minor FROM share_owed
    WHERE person_id = %s AND recovered_minor < amount_minor ORDER BY created_at, id FOR UPDATE
"""


def recover_all(now: datetime) -> list[Line]:
    """Take what is owed from wallets that hold something by now."""
    people = column("SELECT DISTINCT person_id FROM share_owed WHERE recovered_minor < amount_minor"
                    " ORDER BY person_id")  # fmt: skip
    return [line for person_id in people for line in recover(person_id, now)]


@command
def recover(person_id: UUID, now: datetime) -> list[Line]:
    """Take what one person owes from their wallets, as far as it is there; the oldest first."""
    lines = []
    for owed in rows(_OPEN, (person_id,), into=_Owed):
        wallet = ledger.account("person:wallet", owed.currency, person_id)
        minor = min(owed.open_minor, ledger_queries.balance(wallet).available_minor)
        if minor <= 0:
            continue
        amount = Money(minor, owed.currency)
        left = owed.open_minor - minor
        house = ledger.account("loss:credit", owed.currency)
        ledger.post(
            f"settlement.owed:{owed.id}:{left}",
            [Move(wallet, house, amount, "taken_back")],
            cause=f"person:{person_id}",
            actor=ACTOR,
            happened_at=now,
        )
        execute(
            "UPDATE share_owed SET recovered_minor = recovered_minor + %s WHERE id = %s",
            (minor, owed.id),
        )
        note = "taken back after a correction"
        lines.append(Line("share.taken_back", public_id("per", person_id), person_id, amount, note))
    return lines
