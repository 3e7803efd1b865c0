"""Wallet money that may be held no longer: to its owner's bank, else back the way it came.

Where neither is possible it is taken off the wallet and waits, as a task of the finance
officers, until its owner says where it can go: then it is theirs again, and leaves at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow import queries as escrow
from marketplace.escrow.limits import Limits
from marketplace.escrow.services import planning
from marketplace.escrow.states import PayeeState
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, execute, rows
from marketplace.kernel.ids import InstructionId, new_id, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.loans.queries import wallet_age
from marketplace.loans.services import wallet
from marketplace.settlement.lines import Line

ACTOR: Final = "settlement"
BUNDLE: Final = timedelta(days=7)
"""What must leave within so many days goes with it: a payout a week at most, not one a day."""


@command
def empty(
    person_id: UUID, currency: str, now: datetime, *, until: date | None = None
) -> list[Line]:
    """Send on its way what must leave a wallet `until` then: a week from now if nothing is said."""
    account = ledger.account("person:wallet", currency, person_id)
    rest = _due(person_id, currency, account, until or now.date() + BUNDLE)
    if not rest.is_positive:
        return []
    lines: list[Line] = []
    if escrow.payee(person_id).state is PayeeState.READY:
        key = f"holding:{now.date()}:{currency}"
        wallet.send_out(person_id, amount=rest, form_key=key, now=now)
        return [_line("holding.payout", person_id, rest, "to the owner's bank")]
    for payment in _refundable(person_id, currency, now):
        part = min(rest, payment.left)
        if part.is_positive:
            _refund(payment, part, account)
            lines.append(_line("holding.refund", person_id, part, "the way it was paid in"))
            rest -= part
    if rest.is_positive:
        _strand(person_id, rest, account, now)
        lines.append(_line("holding.stranded", person_id, rest, "no bank known, no card takes it"))
    return lines


@command
def unstrand(person_id: UUID, now: datetime) -> list[Line]:
    """Give what was stranded back to its owner's wallet, from where it leaves at once."""
    found = rows(
        """
        UPDATE holding_stranded SET ended_at = %s WHERE person_id = %s AND ended_at IS NULL
        RETURNING id, amount_minor, currency
        """,
        (now, person_id),
        into=_Stranded,
    )
    for each in found:
        amount = Money(each.amount_minor, each.currency)
        suspense = ledger.account("suspense", each.currency)
        account = ledger.account("person:wallet", each.currency, person_id)
        ledger.post(
            f"settlement.unstranded:{each.id}",
            [Move(suspense, account, amount, "unstranded")],
            cause=f"person:{person_id}",
            actor=ACTOR,
            happened_at=now,
        )
    return [
        _line(
            "holding.unstranded",
            person_id,
            Money(each.amount_minor, each.currency),
            "a bank is known",
        )
        for each in found
    ]


def ready_again() -> list[UUID]:
    """Return the people whose money is stranded and who can be paid by now."""
    return column(
        """
        SELECT DISTINCT s.person_id FROM holding_stranded s
        JOIN escrow_payee p ON p.person_id = s.person_id AND p.state = 'ready'
        WHERE s.ended_at IS NULL ORDER BY s.person_id
        """
    )


@dataclass(frozen=True, slots=True)
class _Stranded:
    id: UUID
    amount_minor: int
    currency: str


@step
def _due(person_id: UUID, currency: str, account: int, until: date) -> Money:
    """Return what must leave by `until` and is not on its way out yet."""
    old = [
        lot.amount_minor
        for lot in wallet_age.lots(person_id)
        if lot.currency == currency and lot.leave_by <= until
    ]
    held = ledger_queries.balance(account)
    due = min(sum(old) - held.pending_out_minor, held.available_minor)
    return Money(max(due, 0), currency)


@dataclass(frozen=True, slots=True)
class _Payment:
    """A payment of a person's own that can still be given back, as far as it was not."""

    id: UUID
    subject_id: UUID
    left_minor: int
    currency: str
    sequence: int
    method: str | None
    paid_on: date

    @property
    def left(self) -> Money:
        return Money(self.left_minor, self.currency)

    def is_refundable(self, limits: Limits, on: date) -> bool:
        window = limits.refund_window(self.method)
        return window is None or on < self.paid_on + timedelta(days=window)


# Only what has done its work: a part that may still be refunded by itself is not touched. A
# payment that was tried and did not take its money back is not tried again.
_PAYMENTS: Final = """
    SELECT i.id, i.subject_id, i.currency, i.method,
        (i.finished_at AT TIME ZONE 'UTC')::date AS paid_on,
        (i.amount_minor - coalesce(given.minor, 0))::bigint AS left_minor,
        (coalesce(given.last, 0) + 1)::int AS sequence
    FROM escrow_instruction i
    LEFT JOIN LATERAL (
        SELECT sum(r.amount_minor) FILTER (WHERE r.state NOT IN ('failed', 'expired')) AS minor,
            max(r.sequence) FILTER (WHERE r.purpose = 'wallet_return') AS last,
            bool_or(r.state IN ('failed', 'returned')) AS refused
        FROM escrow_instruction r WHERE r.of_id = i.id AND r.kind = 'refund'
    ) given ON true
    WHERE i.person_id = %(person)s AND i.currency = %(currency)s
        AND i.kind IN ('checkout', 'charge') AND i.state = 'succeeded'
        AND NOT coalesce(given.refused, false)
        AND NOT EXISTS (SELECT FROM escrow_dispute d WHERE d.instruction_id = i.id)
        AND (i.purpose = 'wallet' OR (i.purpose = 'commitment' AND EXISTS (
            SELECT FROM commitment c JOIN loan l ON l.id = c.loan_id
            WHERE c.id = i.subject_id AND c.state = 'converted'
                AND l.state IN ('active', 'paid_off'))))
    ORDER BY i.finished_at DESC, i.id DESC
"""


@step
def _refundable(person_id: UUID, currency: str, now: datetime) -> Sequence[_Payment]:
    """Return the payments that can take something back, the newest first."""
    limits = escrow.terms().limits
    found = rows(_PAYMENTS, {"person": person_id, "currency": currency}, into=_Payment)
    return [payment for payment in found if payment.is_refundable(limits, now.date())]


@step
def _refund(payment: _Payment, amount: Money, account: int) -> None:
    planning.plan_refund(
        of=InstructionId(payment.id),
        subject_id=payment.subject_id,
        amount=amount,
        debit_account=account,
        purpose="wallet_return",
        cause=f"instruction:{payment.id}",
        reason="held_too_long",
        sequence=payment.sequence,
    )


@step
def _strand(person_id: UUID, amount: Money, account: int, now: datetime) -> None:
    stranded_id = new_id()
    ledger.post(
        f"settlement.stranded:{stranded_id}",
        [Move(account, ledger.account("suspense", amount.currency), amount, "stranded")],
        cause=f"person:{person_id}",
        actor=ACTOR,
        happened_at=now,
    )
    execute(
        """
        INSERT INTO holding_stranded (id, person_id, amount_minor, currency, leave_by, stranded_at)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        (stranded_id, person_id, amount.minor, amount.currency, now.date(), now),
    )


def _line(kind: str, person_id: UUID, amount: Money, note: str) -> Line:
    return Line(kind, public_id("per", person_id), person_id, amount, note)
