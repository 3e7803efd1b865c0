"""What borrowers are to pay me, month by month: each note's exact share of open instalments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class DueMonth:
    """A month of the calendar. What is late is due now: it stands in the first month."""

    month: date
    principal_minor: int
    interest_minor: int
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
    def total(self) -> Money:
        """Both."""
        return self.principal + self.interest

    @property
    def late(self) -> Money:
        """How much of it should have come before."""
        return Money(self.late_minor, self.currency)


# Shares are planned with the schedule (`plan_shares`), by the split of the distribution. What of
# an instalment is paid already came back in proportion.
_MONTHS: Final = """
    WITH due AS (
        SELECT date_trunc('month', greatest(i.due_on, %(today)s::date))::date AS month,
            i.due_on < %(today)s::date AS late, n.id,
            greatest(0, coalesce(i.principal_shares[n.position],
                round(i.principal_minor * n.principal_minor::numeric / l.amount_minor)::int)
                - CASE WHEN i.paid_minor > i.interest_minor THEN
                    (i.paid_minor - i.interest_minor) * n.principal_minor / l.amount_minor
                    ELSE 0 END) AS principal,
            greatest(0, coalesce(i.interest_shares[n.position],
                round(i.interest_minor * n.principal_minor::numeric / l.amount_minor)::int)
                - least(i.paid_minor, i.interest_minor) * n.principal_minor / l.amount_minor)
                AS interest
        FROM note n JOIN loan l ON l.id = n.loan_id
        JOIN instalment i ON i.loan_id = l.id AND i.n > l.repayments AND i.due_on < %(end)s::date
        WHERE n.lender_id = %(me)s AND n.currency = %(currency)s AND l.state = 'active'
    )
    SELECT span.month::date AS month, coalesce(sum(due.principal), 0)::bigint AS principal_minor,
        coalesce(sum(due.interest), 0)::bigint AS interest_minor,
        coalesce(sum(due.principal + due.interest) FILTER (WHERE due.late), 0)::bigint
            AS late_minor,
        count(due.id)::int AS notes, %(currency)s AS currency
    FROM generate_series(%(first)s::date, %(end)s::date - 1, '1 month') AS span (month)
    LEFT JOIN due ON due.month = span.month GROUP BY span.month ORDER BY span.month
"""


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
