"""What finance officers see of lending: money expected, money late, payouts that wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money

# How late a bill is, in days, and what the desk calls it: from one bound to the next.
LATE: Final = (1, 8, 31, 61, 91)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to come in on one day, in one currency, from bills that are open."""

    on: date
    currency: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Late:
    """Open bills between two bounds of `LATE`; `from_days` is the lower one."""

    from_days: int
    currency: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class LateBill:
    """One bill that is overdue."""

    id: UUID
    loan_id: UUID
    n: int
    title: str
    borrower_id: UUID
    borrower: str
    due_on: date
    days: int
    amount_minor: int
    currency: str

    @property
    def amount(self) -> Money:
        """What is to be paid."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A funded loan whose borrower has not told the provider where to pay."""

    loan_id: UUID
    title: str
    borrower_id: UUID
    borrower: str
    since: datetime
    amount_minor: int
    currency: str

    @property
    def amount(self) -> Money:
        """What was borrowed."""
        return Money(self.amount_minor, self.currency)


def due(first: date, last: date) -> list[Due]:
    """Return what open bills ask for from `first` to `last`, by day and currency."""
    return rows(
        """
        SELECT due_on AS on, currency, count(*) AS count,
            sum(principal_minor + interest_minor + penalty_minor + fee_minor - paid_minor
                - charges_paid_minor)::bigint AS amount_minor
        FROM bill WHERE paid_at IS NULL AND due_on BETWEEN %s AND %s
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        (first, last),
        into=Due,
    )


def late(today: date) -> list[Late]:
    """Return what is overdue, by how late it is and by currency; empty buckets are left out."""
    return rows(
        """
        SELECT (%(bounds)s::int[])[width_bucket(%(today)s - due_on, %(bounds)s::int[])]
                AS from_days, currency, count(*) AS count,
            sum(principal_minor + interest_minor + penalty_minor + fee_minor - paid_minor
                - charges_paid_minor)::bigint AS amount_minor
        FROM bill WHERE paid_at IS NULL AND due_on < %(today)s
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        {"today": today, "bounds": list(LATE)},
        into=Late,
    )


def late_bills(
    today: date,
    *,
    bucket: int | None = None,
    currency: str | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> list[LateBill]:
    """Return overdue bills, the oldest first: all, or those of the `bucket` that `LATE` names.

    `after` is due day and id of the last one seen.
    """
    ends = dict(zip(LATE, (*LATE[1:], None), strict=True))
    seen_on, seen_id = after or (None, None)
    return rows(
        """
        SELECT b.id, b.loan_id, b.n, l.title, b.borrower_id, p.name AS borrower, b.due_on,
            %(today)s - b.due_on AS days,
            b.principal_minor + b.interest_minor + b.penalty_minor + b.fee_minor - b.paid_minor
                - b.charges_paid_minor AS amount_minor,
            b.currency
        FROM bill b JOIN loan l ON l.id = b.loan_id JOIN person p ON p.id = b.borrower_id
        WHERE b.paid_at IS NULL AND b.due_on <= %(today)s - %(from)s
            AND (%(until)s::int IS NULL OR b.due_on > %(today)s - %(until)s::int)
            AND (%(currency)s::text IS NULL OR b.currency = %(currency)s)
            AND (%(seen_on)s::date IS NULL OR (b.due_on, b.id) > (%(seen_on)s, %(seen_id)s))
        ORDER BY b.due_on, b.id LIMIT %(limit)s
        """,
        {
            "today": today,
            "from": bucket or LATE[0],
            "until": ends[bucket] if bucket else None,
            "currency": currency,
            "seen_on": seen_on,
            "seen_id": seen_id,
            "limit": limit,
        },
        into=LateBill,
    )


def waiting_for_payee(limit: int = 500) -> list[Waiting]:
    """Return the funded loans that cannot be paid out yet, the longest waiting first."""
    return rows(
        """
        SELECT l.id AS loan_id, l.title, l.borrower_id, p.name AS borrower,
            coalesce(l.funded_at, l.changed_at) AS since, l.amount_minor, l.currency
        FROM loan l JOIN person p ON p.id = l.borrower_id
        WHERE l.state = 'funded' AND NOT EXISTS (
            SELECT FROM escrow_payee e WHERE e.person_id = l.borrower_id AND e.state = 'ready')
        ORDER BY since, l.id LIMIT %s
        """,
        (limit,),
        into=Waiting,
    )
