"""Bills charged to the card a borrower saved: told before, charged on the due day, tried twice.

A bill is charged only when its borrower was told the day and the amount on an earlier day, when
no older bill is open, and when nobody is just paying it by hand. What is told is all that the
bill asks for on the day of the charge, late fee and penalty interest up to it included, and no
more than the mandate allows; no more than what was told is charged. A decline is told at once;
three days later the card is charged once more where that may help. Set-based, but for late bills.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow.declines import NOT_REPEATED
from marketplace.escrow.services import planning
from marketplace.escrow.services.planning import ChargePlan
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import execute, rows
from marketplace.infra.events import announce_all
from marketplace.kernel.actors import SETTLEMENT
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money
from marketplace.loans.events import ChargeAhead
from marketplace.loans.queries import autopay
from marketplace.loans.queries.autopay import RETRY_AFTER, TOLD_BEFORE
from marketplace.settlement.lines import Line

BATCH: Final = 10_000


def charge_due_bills(now: datetime) -> list[Line]:
    """Tell what will be charged, charge what is due, end the mandates of what is paid off."""
    lines: list[Line] = []
    while done := _do_a_batch(now):
        lines += done
    return lines


@command
def _do_a_batch(now: datetime) -> list[Line]:
    told, charged = _tell(now), _charge(now)
    _end_finished(now)
    announced = [bill.line("bill.announced") for bill in told]
    return announced + [bill.line("bill.charge") for bill in charged]


@dataclass(frozen=True, slots=True)
class _Bill:
    id: UUID
    loan_id: UUID
    borrower_id: UUID
    n: int
    due_on: date
    amount_minor: int
    told_minor: int | None
    most_minor: int | None
    currency: str
    charges: int
    setup_id: UUID
    escrow_account: int
    title: str

    def asking(self, on: date) -> _Bill:
        """Return it with what is to be charged on that day, as far as mandate and notice allow."""
        asked = self.amount_minor
        if self.due_on < on:
            asked = autopay.asked_on(self.loan_id, self.borrower_id, self.n, on).minor
        limits = (most for most in (self.most_minor, self.told_minor) if most is not None)
        return replace(self, amount_minor=min([asked, *limits]))

    def plan(self) -> ChargePlan:
        """Return the next charge of the bill."""
        return ChargePlan(
            of=InstructionId(self.setup_id),
            subject_id=self.id,
            amount=Money(self.amount_minor, self.currency),
            credit_account=self.escrow_account,
            purpose="bill",
            cause=f"loan:{self.loan_id}",
            description=self.title,
            sequence=self.charges + 1,
        )

    def line(self, kind: str) -> Line:
        """Return what the run says about it."""
        note = f"instalment {self.n} of {public_id('ln', self.loan_id)}, saved card"
        amount = Money(self.amount_minor, self.currency)
        return Line(kind, public_id("bil", self.id), self.borrower_id, amount, note)


_FOUND: Final = """
    SELECT b.id, b.loan_id, b.borrower_id, b.n, b.due_on,
        b.principal_minor + b.interest_minor + b.penalty_minor + b.fee_minor - b.paid_minor
            - b.charges_paid_minor AS amount_minor, b.charge_told_minor AS told_minor,
        m.most_minor, b.currency, b.charges, m.setup_id, l.escrow_account, l.title
    FROM bill b
    JOIN loan_mandate m ON m.loan_id = b.loan_id AND m.state = 'active'
    JOIN loan l ON l.id = b.loan_id AND l.state = 'active'
    WHERE b.paid_at IS NULL
"""
_TO_TELL: Final = f"""
    {_FOUND} AND b.charge_told_at IS NULL AND b.due_on <= %(ahead)s
    ORDER BY b.due_on, b.id LIMIT %(limit)s FOR UPDATE OF b SKIP LOCKED
"""
_TO_CHARGE: Final = f"""
    {_FOUND} AND b.due_on <= %(on)s AND b.charge_told_at < %(today)s
      AND (b.charges = 0 OR (b.charges = 1 AND b.declined_at <= %(repeat)s
            AND b.decline_reason <> ALL(%(hopeless)s)))
      AND NOT EXISTS (
        SELECT FROM bill older
        WHERE older.loan_id = b.loan_id AND older.n < b.n AND older.paid_at IS NULL)
      AND NOT EXISTS (
        SELECT FROM escrow_instruction i WHERE i.kind = 'checkout' AND i.purpose = 'bill'
          AND i.subject_id = b.id AND i.state IN ('planned', 'sent', 'unknown'))
    ORDER BY b.due_on, b.id LIMIT %(limit)s FOR UPDATE OF b SKIP LOCKED
"""  # noqa: S608 - our own constant


_TOLD: Final = """
    UPDATE bill SET charge_told_at = %s, charge_told_minor = told.minor
    FROM unnest(%s::uuid[], %s::bigint[]) AS told (bill_id, minor) WHERE bill.id = told.bill_id
"""


@step
def _tell(now: datetime) -> list[_Bill]:
    ahead = (now + TOLD_BEFORE).date()
    # What is late already is charged on the day after it is told.
    first = now.date() + timedelta(days=1)
    found = [
        bill.asking(max(bill.due_on, first))
        for bill in rows(_TO_TELL, {"ahead": ahead, "limit": BATCH}, into=_Bill)
    ]
    if found:
        execute(_TOLD, (now, [bill.id for bill in found], [bill.amount_minor for bill in found]))
        announce_all([ChargeAhead(bill.id, bill.loan_id, bill.borrower_id) for bill in found])
    return found


@step
def _charge(now: datetime) -> list[_Bill]:
    params = {
        "on": now.date(),
        "today": datetime.combine(now.date(), time(), UTC),
        "repeat": now - RETRY_AFTER,
        "hopeless": list(NOT_REPEATED),
        "limit": BATCH,
    }
    found = [bill.asking(now.date()) for bill in rows(_TO_CHARGE, params, into=_Bill)]
    if found:
        planned = planning.plan_charges([bill.plan() for bill in found])
        _remember([bill.id for bill in found], planned)
    return found


def _remember(bills: list[UUID], charges: list[InstructionId]) -> None:
    execute(
        """
        UPDATE bill SET charges = charges + 1, charge_id = plan.charge_id, declined_at = NULL,
            decline_reason = NULL
        FROM unnest(%s::uuid[], %s::uuid[]) AS plan (bill_id, charge_id)
        WHERE bill.id = plan.bill_id
        """,
        (bills, list(charges)),
    )


@dataclass(frozen=True, slots=True)
class _Ended:
    id: UUID
    former: str


@step
def _end_finished(now: datetime) -> None:
    ended = rows(
        """
        UPDATE loan_mandate m SET state = 'ended', ended_at = %(now)s
        FROM loan l, loan_mandate former
        WHERE l.id = m.loan_id AND l.state = 'paid_off' AND m.ended_at IS NULL
          AND former.id = m.id
        RETURNING m.id, former.state AS former
        """,
        {"now": now},
        into=_Ended,
    )
    for former in sorted({found.former for found in ended}):
        transitions.record_all(
            "mandate",
            [found.id for found in ended if found.former == former],
            move="end",
            from_state=former,
            to_state="ended",
            actor=SETTLEMENT,
            at=now,
        )
