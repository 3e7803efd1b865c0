"""Autopay as its borrower sees it: whether it is on, and what is charged next, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow.declines import worth_repeating
from marketplace.infra.database import column, row
from marketplace.kernel.money import Money
from marketplace.loans import quoting
from marketplace.loans.queries import history

RETRY_AFTER: Final = timedelta(days=3)
TOLD_BEFORE: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Mandate:
    """The mandate of a loan, and the oldest bill or instalment that is not paid."""

    id: UUID
    state: str
    setup_id: UUID
    active_at: datetime | None
    due_on: date | None
    amount_minor: int | None
    open_minor: int | None
    most_minor: int | None
    currency: str
    charges: int
    told_at: datetime | None
    charge_state: str | None
    declined_at: datetime | None
    decline_reason: str | None

    @property
    def is_on(self) -> bool:
        """Whether bills are charged."""
        return self.state == "active"

    @property
    def amount(self) -> Money | None:
        """What is charged next; None once nothing is owed."""
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

    @property
    def most(self) -> Money | None:
        """What is charged at once at the most; what is due beyond it is paid by hand."""
        return None if self.most_minor is None else Money(self.most_minor, self.currency)

    @property
    def late_charges(self) -> Money | None:
        """What of the next charge is the price of being late; None if nothing."""
        late = (self.amount_minor or 0) - (self.open_minor or 0)
        return Money(late, self.currency) if late > 0 else None

    @property
    def is_charging(self) -> bool:
        """Whether the provider is being asked right now."""
        return self.charges > 0 and self.declined_at is None

    def next_on(self, today: date) -> date | None:
        """Return the day of the next charge, never one that was not told before.

        None while one is under way, or where only the borrower can help.
        """
        if self.due_on is None or self.is_charging:
            return None
        if self.declined_at is not None:
            again = self.charges == 1 and worth_repeating(self.decline_reason or "")
            return max((self.declined_at + RETRY_AFTER).date(), today) if again else None
        told_on = self.told_at.date() if self.told_at else max(today, self.due_on - TOLD_BEFORE)
        return max(self.due_on, told_on + timedelta(days=1), today)


def mandate(loan_id: UUID) -> Mandate | None:
    """Return the mandate of a loan that is on, or waits for its card; None without one.

    Where the charge comes late (once more after a decline, say), its amount is the one its
    borrower was told: what lateness costs up to that day is in it.
    """
    sql = """
        SELECT m.id, m.state, m.setup_id, m.active_at, m.most_minor, l.currency, next.due_on,
            CASE WHEN next.declined_at IS NOT NULL OR next.charge_told_at::date >= next.due_on
                THEN next.told_minor
                ELSE least(next.open_minor + next.charges_minor, next.told_minor, m.most_minor)
                END AS amount_minor, next.open_minor, coalesce(next.charges, 0) AS charges,
            next.charge_told_at AS told_at, next.charge_state, next.declined_at, next.decline_reason
        FROM loan_mandate m JOIN loan l ON l.id = m.loan_id
        LEFT JOIN LATERAL (
            SELECT i.due_on, i.principal_minor + i.interest_minor - i.paid_minor AS open_minor,
                i.penalty_minor + i.fee_minor - i.charges_paid_minor AS charges_minor,
                b.charge_told_minor AS told_minor, b.charges, b.charge_told_at, b.declined_at,
                b.decline_reason, c.state AS charge_state
            FROM instalment i LEFT JOIN bill b ON b.loan_id = i.loan_id AND b.n = i.n
            LEFT JOIN escrow_instruction c ON c.id = b.charge_id
            WHERE i.loan_id = m.loan_id AND i.paid_minor + i.charges_paid_minor
                < i.principal_minor + i.interest_minor + i.penalty_minor + i.fee_minor
            ORDER BY i.n LIMIT 1) next ON true
        WHERE m.loan_id = %s AND m.ended_at IS NULL
    """
    return row(sql, (loan_id,), into=Mandate)


def most_at_once(loan_id: UUID) -> Money | None:
    """Return what a mandate given now may be charged for at once.

    Twice the largest instalment: one that is late, with all that its lateness may cost.
    """
    sql = """
        SELECT 2 * (i.principal_minor + i.interest_minor) AS minor, l.currency
        FROM instalment i JOIN loan l ON l.id = i.loan_id
        WHERE i.loan_id = %s ORDER BY 1 DESC LIMIT 1
    """
    found = row(sql, (loan_id,), into=dict)
    return Money(found["minor"], found["currency"]) if found and found["minor"] else None


def asked_on(loan_id: UUID, borrower_id: UUID, n: int, on: date) -> Money:
    """Return what instalment `n` asks for on that day, with what being late costs up to it."""
    return quoting.of_bill(history.position(history.served(loan_id, borrower_id), on), n)


def unsent_charges(loan_id: UUID) -> list[UUID]:
    """Return the charges of a loan's bills that nobody has been asked for yet."""
    sql = """
        SELECT i.id FROM bill b JOIN escrow_instruction i ON i.id = b.charge_id
        WHERE b.loan_id = %s AND i.state = 'planned' ORDER BY i.id
    """
    return column(sql, (loan_id,))


def is_under_way(bill_id: UUID) -> bool:
    """Whether the saved card is being charged for a bill right now."""
    sql = """
        SELECT i.id FROM bill b JOIN escrow_instruction i ON i.id = b.charge_id
        WHERE b.id = %s AND i.state IN ('planned', 'sent', 'unknown')
    """
    return bool(column(sql, (bill_id,)))
