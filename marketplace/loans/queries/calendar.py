"""What borrowers are to pay me, month by month: each note's exact share of open instalments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money
from marketplace.loans.queries import open_shares


@dataclass(frozen=True, slots=True)
class DueMonth:
    """A month of the calendar. What is late is due now: it stands in the first month.

    `late` is what should have come before, our fee taken off as from all of it.
    """

    month: date
    principal_minor: int
    interest_minor: int
    fee_minor: int
    late_minor: int
    notes: int
    currency: str

    @property
    def principal(self) -> Money:
        """What comes back of what I lent."""
        return Money(self.principal_minor, self.currency)

    @property
    def interest(self) -> Money:
        """What I am paid for it."""
        return Money(self.interest_minor, self.currency)

    @property
    def fee(self) -> Money:
        """What we keep of that interest."""
        return Money(self.fee_minor, self.currency)

    @property
    def total(self) -> Money:
        """What reaches the wallet."""
        return self.principal + self.interest - self.fee

    @property
    def late(self) -> Money:
        """How much of it should have come before."""
        return Money(self.late_minor, self.currency)


_MONTHS: Final = f"""
    WITH due AS (
        SELECT date_trunc('month', greatest(i.due_on, %(today)s::date))::date AS month,
            i.due_on < %(today)s::date AS late, n.id, {open_shares.PRINCIPAL} AS principal,
            {open_shares.INTEREST} AS interest, {open_shares.FEE} AS fee
        FROM note n JOIN loan l ON l.id = n.loan_id
        JOIN instalment i ON i.loan_id = l.id AND i.n > l.repayments AND i.due_on < %(end)s::date
        WHERE n.lender_id = %(me)s AND n.currency = %(currency)s AND l.state = 'active'
          AND l.written_off_at IS NULL
    )
    SELECT span.month::date AS month, coalesce(sum(due.principal), 0)::bigint AS principal_minor,
        coalesce(sum(due.interest), 0)::bigint AS interest_minor,
        coalesce(sum(due.fee), 0)::bigint AS fee_minor,
        coalesce(sum(due.principal + due.interest - due.fee) FILTER (WHERE due.late), 0)::bigint
            AS late_minor,
        count(due.id)::int AS notes, %(currency)s AS currency
    FROM generate_series(%(first)s::date, %(end)s::date - 1, '1 month') AS span (month)
    LEFT JOIN due ON due.month = span.month GROUP BY span.month ORDER BY span.month
"""  # noqa: S608 - our own constants


def months(lender_id: UUID, currency: str, *, today: date, count: int = 12) -> list[DueMonth]:
    """Return this month and those after it, none left out, if everybody pays as agreed."""
    facts = {
        "me": lender_id,
        "currency": currency,
        "today": today,
        "first": _month(today, 0),
        "end": _month(today, count),
    }
    return rows(_MONTHS, facts, into=DueMonth)


def _month(day: date, offset: int) -> date:
    """Return the first day of the month `offset` months after that of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + offset, 12)
    return date(year, month + 1, 1)
