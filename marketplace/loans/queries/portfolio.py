"""A lender's notes as a whole: what is at work, how late it is, and where it is concentrated.

Sums are made by the database in one reading of the notes, whatever they are grouped by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.queries import open_shares
from marketplace.loans.states import Bucket

PAGE_SIZE: Final = 20
BORROWERS_SHOWN: Final = 6
BUCKETS: Final = tuple(Bucket)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a lender narrowed the notes to; empty means all. `shelf` is open, repaid or all."""

    currency: str
    grade: str = ""
    purpose: str = ""
    bucket: str = ""
    shelf: str = "open"

    @property
    def is_whole(self) -> bool:
        """Whether only the currency was chosen."""
        return not (self.grade or self.purpose or self.bucket)


@dataclass(frozen=True, slots=True)
class Sums:
    """What some notes come to. `outstanding` is of loans that are paid out."""

    notes: int = 0
    invested_minor: int = 0
    outstanding_minor: int = 0
    principal_back_minor: int = 0
    interest_minor: int = 0
    penalty_minor: int = 0
    fee_minor: int = 0
    written_off_minor: int = 0
    recovered_minor: int = 0
    paying_out_minor: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything, and everything again by how late it is, by grade and by purpose."""

    whole: Sums = field(default_factory=Sums)
    by_bucket: Mapping[str, Sums] = field(default_factory=dict)
    by_grade: Mapping[str, Sums] = field(default_factory=dict)
    by_purpose: Mapping[str, Sums] = field(default_factory=dict)


# A loan is as late as its first open instalment; what is paid off or not paid out is not late.
_POSITIONS: Final = f"""
    SELECT n.id, n.loan_id, n.principal_minor, n.principal_back_minor, n.interest_back_minor,
        n.penalty_back_minor, n.fee_minor, n.written_off_minor, n.recovered_minor, n.created_at,
        n.currency, l.title, l.grade, l.purpose, l.borrower_id, l.annual_rate, l.state,
        CASE WHEN l.state IN ('funded', 'disbursing') THEN n.principal_minor ELSE 0 END
            AS paying_out_minor,
        CASE WHEN l.state IN ('funded', 'disbursing') THEN 0 ELSE
            {open_shares.OUTSTANDING} END
            AS outstanding_minor,
        i.due_on,
        {open_shares.PRINCIPAL} + {open_shares.INTEREST} - {open_shares.NEXT_FEE} AS next_minor,
        greatest(0, %(today)s::date - i.due_on) AS days_late,
        CASE WHEN i.due_on IS NULL OR i.due_on >= %(today)s::date THEN 'current'
            WHEN i.due_on >= %(today)s::date - 30 THEN '1-30'
            WHEN i.due_on >= %(today)s::date - 60 THEN '31-60'
            WHEN i.due_on >= %(today)s::date - 90 THEN '61-90' ELSE '90+' END AS bucket
    FROM note n JOIN loan l ON l.id = n.loan_id
    LEFT JOIN instalment i ON i.loan_id = l.id AND i.n = l.repayments + 1 AND l.state = 'active'
        AND l.written_off_at IS NULL
    WHERE n.lender_id = %(me)s AND n.currency = %(currency)s
      AND (%(grade)s = '' OR l.grade = %(grade)s)
      AND (%(purpose)s = '' OR l.purpose = %(purpose)s)
"""  # noqa: S608 - our own constants
_WITHIN: Final = """
    (%(bucket)s = '' OR bucket = %(bucket)s AND outstanding_minor > 0)
    AND (%(shelf)s = 'all' OR (state NOT IN ('paid_off', 'refunded')) = (%(shelf)s = 'open'))
"""
_SUMMARY: Final = f"""
    SELECT p.bucket, p.grade, p.purpose, count(*)::int AS notes,
        coalesce(sum(principal_minor), 0)::bigint AS invested_minor,
        coalesce(sum(outstanding_minor), 0)::bigint AS outstanding_minor,
        coalesce(sum(principal_back_minor), 0)::bigint AS principal_back_minor,
        coalesce(sum(interest_back_minor), 0)::bigint AS interest_minor,
        coalesce(sum(penalty_back_minor), 0)::bigint AS penalty_minor,
        coalesce(sum(fee_minor), 0)::bigint AS fee_minor,
        coalesce(sum(written_off_minor), 0)::bigint AS written_off_minor,
        coalesce(sum(recovered_minor), 0)::bigint AS recovered_minor,
        coalesce(sum(paying_out_minor), 0)::bigint AS paying_out_minor
    FROM ({_POSITIONS}) p
    GROUP BY GROUPING SETS ((), (p.bucket), (p.grade), (p.purpose))
"""  # noqa: S608 - our own constants


@dataclass(frozen=True, slots=True)
class _Group:
    bucket: str | None
    grade: str | None
    purpose: str | None
    notes: int
    invested_minor: int
    outstanding_minor: int
    principal_back_minor: int
    interest_minor: int
    penalty_minor: int
    fee_minor: int
    written_off_minor: int
    recovered_minor: int
    paying_out_minor: int

    @property
    def sums(self) -> Sums:
        return Sums(
            notes=self.notes,
            invested_minor=self.invested_minor,
            outstanding_minor=self.outstanding_minor,
            principal_back_minor=self.principal_back_minor,
            interest_minor=self.interest_minor,
            penalty_minor=self.penalty_minor,
            fee_minor=self.fee_minor,
            written_off_minor=self.written_off_minor,
            recovered_minor=self.recovered_minor,
            paying_out_minor=self.paying_out_minor,
        )


def summary(lender_id: UUID, filters: Filters, *, today: date) -> Summary:
    """Return what the notes of the filters' currency, grade and purpose come to."""
    found = rows(_SUMMARY, _facts(lender_id, filters, today), into=_Group)
    groups: dict[str, dict[str, Sums]] = {"bucket": {}, "grade": {}, "purpose": {}}
    whole = Sums()
    for group in found:
        named = [(key, getattr(group, key)) for key in groups if getattr(group, key) is not None]
        if named:
            key, value = named[0]
            groups[key][value] = group.sums
        else:
            whole = group.sums
    return Summary(whole, groups["bucket"], groups["grade"], groups["purpose"])


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one borrower owes me. The name is told masked by whoever shows it."""

    borrower_id: UUID
    name: str
    notes: int
    outstanding_minor: int


_BORROWERS: Final = f"""
    SELECT b.borrower_id, person.name, b.notes, b.outstanding_minor FROM (
        SELECT borrower_id, count(*)::int AS notes,
            sum(outstanding_minor)::bigint AS outstanding_minor
        FROM ({_POSITIONS}) p WHERE outstanding_minor > 0
        GROUP BY borrower_id ORDER BY 3 DESC, 1 LIMIT %(limit)s
    ) b JOIN person ON person.id = b.borrower_id ORDER BY b.outstanding_minor DESC, b.borrower_id
"""  # noqa: S608 - our own constants


def borrowers(
    lender_id: UUID, filters: Filters, *, today: date, limit: int = BORROWERS_SHOWN
) -> list[Exposure]:
    """Return who owes me most."""
    facts = {**_facts(lender_id, filters, today), "limit": limit}
    return rows(_BORROWERS, facts, into=Exposure)


@dataclass(frozen=True, slots=True)
class Position:
    """One note as the list of the portfolio shows it. `next` is what reaches the wallet."""

    id: UUID
    loan_id: UUID
    title: str
    grade: str
    purpose: str
    annual_rate: Decimal
    state: str
    currency: str
    principal_minor: int
    outstanding_minor: int
    principal_back_minor: int
    interest_back_minor: int
    penalty_back_minor: int
    fee_minor: int
    written_off_minor: int
    due_on: date | None
    next_minor: int | None
    days_late: int | None
    bucket: str
    created_at: datetime

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("nt", self.id)

    def money(self, minor: int) -> Money:
        """Return an amount of this note's currency."""
        return Money(minor, self.currency)


_NOTES: Final = f"""
    SELECT id, loan_id, title, grade, purpose, annual_rate, state, currency, principal_minor,
        outstanding_minor, principal_back_minor, interest_back_minor, penalty_back_minor,
        fee_minor, written_off_minor, due_on, next_minor, days_late, bucket, created_at
    FROM ({_POSITIONS} AND (%(before)s::uuid IS NULL OR n.id < %(before)s)) p
    WHERE {_WITHIN}
    ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608 - our own constants


def notes(
    lender_id: UUID, filters: Filters, *, today: date, before: UUID | None = None, limit: int
) -> list[Position]:
    """Return a page of notes, the newest first; `before` is the id of the last one seen."""
    facts = {**_facts(lender_id, filters, today), "before": before, "limit": limit}
    return rows(_NOTES, facts, into=Position)


@dataclass(frozen=True, slots=True)
class Pending:
    """Money of mine that is not lent yet and not in the wallet any more."""

    awaiting_minor: int = 0
    reflecting_minor: int = 0
    reserved_minor: int = 0

    @property
    def paid_minor(self) -> int:
        """What is paid and held for loans whose funding is not closed."""
        return self.reflecting_minor + self.reserved_minor


def pending(lender_id: UUID, currency: str) -> Pending:
    """Return what waits for loans to be funded."""
    found = row(
        """
        SELECT coalesce(sum(amount_minor) FILTER (WHERE state = 'awaiting_payment'), 0)::bigint
                AS awaiting_minor,
            coalesce(sum(amount_minor) FILTER (WHERE state = 'in_reflection'), 0)::bigint
                AS reflecting_minor,
            coalesce(sum(amount_minor) FILTER (WHERE state = 'reserved'), 0)::bigint
                AS reserved_minor
        FROM commitment WHERE lender_id = %s AND currency = %s
          AND state IN ('awaiting_payment', 'in_reflection', 'reserved')
        """,
        (lender_id, currency),
        into=Pending,
    )
    return found or Pending()


def currencies(lender_id: UUID) -> Sequence[str]:
    """Return the currencies in which I lend or have ordered, in order."""
    found = rows(
        """
        SELECT currency FROM note WHERE lender_id = %(me)s
        UNION SELECT currency FROM commitment WHERE lender_id = %(me)s
          AND state IN ('awaiting_payment', 'in_reflection', 'reserved') ORDER BY 1
        """,
        {"me": lender_id},
        into=_Currency,
    )
    return [one.currency for one in found]


@dataclass(frozen=True, slots=True)
class _Currency:
    currency: str


def _facts(lender_id: UUID, filters: Filters, today: date) -> dict[str, Any]:
    return {
        "me": lender_id,
        "today": today,
        "currency": filters.currency,
        "grade": filters.grade,
        "purpose": filters.purpose,
        "bucket": filters.bucket,
        "shelf": filters.shelf,
    }
