"""Bills: issued in time before each due day, and noted as late after it. Set-based."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow.declines import NOT_REPEATED
from marketplace.infra.commands import command
from marketplace.infra.database import rows
from marketplace.infra.events import announce_all
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.events import BillIssued, BillLate
from marketplace.settlement.lines import Line

BATCH: Final = 10_000
AUTOPAY_PATIENCE: Final = timedelta(days=7)  # longer than a charge and its repetition take


def issue_due_bills(now: datetime) -> list[Line]:
    """Issue every bill whose day has come and say which bills have become late.

    A bill that autopay still tries is told to be late when that has failed.
    """
    lines: list[Line] = []
    while batch := _issue(now):
        lines += [_line("bill.issued", bill) for bill in batch]
    while batch := _note_late(now):
        lines += [_line("bill.late", bill) for bill in batch]
    return lines


@dataclass(frozen=True, slots=True)
class _Bill:
    id: UUID
    loan_id: UUID
    borrower_id: UUID
    n: int
    due_on: date
    total_minor: int
    currency: str


# What is paid ahead, or asks for nothing (tiny loans repay early by rounding), is paid when it
# is issued.
_ISSUE = """
    WITH due AS (
        SELECT i.loan_id, i.n, i.due_on, i.principal_minor, i.interest_minor, i.paid_minor,
            i.penalty_minor, i.fee_minor, i.charges_paid_minor, l.borrower_id, l.currency
        FROM instalment i JOIN loan l ON l.id = i.loan_id
        WHERE NOT i.billed AND l.state = 'active' AND i.due_on <= %(on)s::date + l.bill_lead_days
          AND i.due_on <= %(on)s::date + 31
        ORDER BY i.due_on, i.loan_id LIMIT %(limit)s
        FOR UPDATE OF i SKIP LOCKED
    ), marked AS (
        UPDATE instalment i SET billed = true FROM due
        WHERE i.loan_id = due.loan_id AND i.n = due.n
    )
    INSERT INTO bill (id, loan_id, n, borrower_id, due_on, principal_minor, interest_minor,
                      paid_minor, penalty_minor, fee_minor, charges_paid_minor, currency,
                      issued_at, paid_at)
    SELECT dated_uuid(%(now)s, 'bill:' || loan_id || ':' || n), loan_id, n, borrower_id, due_on,
        principal_minor, interest_minor, paid_minor, penalty_minor, fee_minor,
        charges_paid_minor, currency, %(now)s,
        CASE WHEN paid_minor + charges_paid_minor
            = principal_minor + interest_minor + penalty_minor + fee_minor
            THEN %(now)s::timestamptz END
    FROM due ORDER BY due_on, loan_id
    ON CONFLICT (loan_id, n) DO NOTHING
    RETURNING id, loan_id, borrower_id, n, due_on,
        principal_minor + interest_minor + penalty_minor + fee_minor - paid_minor
            - charges_paid_minor AS total_minor, currency
"""


@command
def _issue(now: datetime) -> list[_Bill]:
    params = {"now": now, "on": now.date(), "limit": BATCH}
    issued = rows(_ISSUE, params, into=_Bill)
    asked = [bill for bill in issued if bill.total_minor]
    announce_all([BillIssued(bill.id, bill.loan_id, bill.borrower_id) for bill in asked])
    return issued


_LATE = """
    UPDATE bill SET late_told_at = %(now)s
    WHERE id IN (
        SELECT b.id FROM bill b
        WHERE b.paid_at IS NULL AND b.late_told_at IS NULL AND b.due_on < %(on)s::date
          AND NOT (b.due_on > %(patient)s::date AND b.charge_told_at IS NOT NULL
            AND EXISTS (SELECT FROM loan_mandate m
                        WHERE m.loan_id = b.loan_id AND m.state = 'active')
            AND (b.declined_at IS NULL
                 OR (b.charges = 1 AND b.decline_reason <> ALL(%(hopeless)s))))
        ORDER BY b.due_on, b.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING id, loan_id, borrower_id, n, due_on,
        principal_minor + interest_minor + penalty_minor + fee_minor - paid_minor
            - charges_paid_minor AS total_minor, currency
"""


@command
def _note_late(now: datetime) -> list[_Bill]:
    params = {
        "now": now,
        "on": now.date(),
        "patient": (now - AUTOPAY_PATIENCE).date(),
        "hopeless": list(NOT_REPEATED),
        "limit": BATCH,
    }
    late = sorted(rows(_LATE, params, into=_Bill), key=lambda bill: (bill.due_on, bill.id))
    announce_all([BillLate(bill.id, bill.loan_id, bill.borrower_id) for bill in late])
    return late


def _line(kind: str, bill: _Bill) -> Line:
    note = f"instalment {bill.n} of {public_id('ln', bill.loan_id)}, due {bill.due_on}"
    amount = Money(bill.total_minor, bill.currency)
    return Line(kind, public_id("bil", bill.id), bill.borrower_id, amount, note)
