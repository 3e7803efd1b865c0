"""Loans that are past due, as finance officers follow them up: how late, what cures, what is next.

One that was written off is followed up no more.

A loan is as late as the oldest of its instalments whose principal or interest is past due; late
fees and penalties make nobody late, and what cures a loan pays those of its late instalments too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from marketplace.infra.database import rows, scalar
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money

# From so many days past due on; the names are those of `loan.bucket`.
BUCKETS: Final = {"1-30": 1, "31-60": 31, "61-90": 61, "90+": 91}


class Next(StrEnum):
    """What happens next about a loan that is late."""

    FIRST_LETTER = "first_letter"  # the close of business tells the borrower: one day late
    SECOND_LETTER = "second_letter"  # and again, and the officers: three days late
    LOOK = "look"  # an officer looks at it and says so
    AGAIN = "again"  # seen to: it comes up again on its day, or in the next bucket
    DECIDE = "decide"  # seen to, and past the last bucket's day


@dataclass(frozen=True, slots=True)
class Overdue:
    """A loan that is late today."""

    loan_id: UUID
    title: str
    product: str
    borrower_id: UUID
    borrower: str
    due_on: date
    days: int
    bucket: str
    instalments: int
    open_minor: int
    charges_minor: int
    currency: str
    told_kind: str | None
    told_on: date | None
    next: str
    next_on: date

    @property
    def ref(self) -> str:
        """The loan's public id."""
        return public_id("ln", self.loan_id)

    @property
    def charges(self) -> Money:
        """Late fees and penalty interest of what is late, not paid yet."""
        return Money(self.charges_minor, self.currency)

    @property
    def cure(self) -> Money:
        """What has to come in for the loan to be on time again, charges included."""
        return Money(self.open_minor + self.charges_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to come in, in one currency: by the late loans of a `bucket`, or by bills of a day.

    `count` is that of the loans or of the bills.
    """

    bucket: str | None
    on: date | None
    currency: str
    count: int
    amount_minor: int


_NUMBER: Final = "width_bucket(%(today)s::date - due_on, ARRAY[1, 31, 61, 91])"
_BUCKET: Final = f"(ARRAY['1-30', '31-60', '61-90', '90+'])[{_NUMBER}]"
_FROM: Final = f"(ARRAY[1, 31, 61, 91])[{_NUMBER}]"

# Loans that the last close of a day, or a payment since, found late; and those that became late
# on a day that is not closed yet. Read by loan, because most open instalments are not due.
_LATE: Final = """
    late AS (
        SELECT l.id AS loan_id, l.last_closed_on - l.days_past_due AS due_on, l.title,
            l.borrower_id, l.currency, l.product_id
        FROM loan l
        WHERE l.state = 'active' AND l.days_past_due > 0 AND l.written_off_at IS NULL
        UNION ALL
        SELECT l.id, fresh.due_on, l.title, l.borrower_id, l.currency, l.product_id
        FROM (
            SELECT i.loan_id, min(i.due_on) AS due_on FROM instalment i
            WHERE i.paid_minor < i.principal_minor + i.interest_minor AND i.due_on < %(today)s
              AND i.due_on >= %(closed)s
            GROUP BY i.loan_id
        ) fresh JOIN loan l ON l.id = fresh.loan_id
        WHERE l.state = 'active' AND l.days_past_due = 0 AND l.written_off_at IS NULL
    )
"""
_OPEN: Final = """
    SELECT count(*)::int AS instalments,
        sum(i.principal_minor + i.interest_minor - i.paid_minor)::bigint AS open_minor,
        sum(i.penalty_minor + i.fee_minor - i.charges_paid_minor)::bigint AS charges_minor
    FROM instalment i WHERE i.loan_id = late.loan_id AND i.due_on < %(today)s
      AND i.paid_minor < i.principal_minor + i.interest_minor
"""

# What an officer did stands until the day to look again, the next bucket, or the next instalment's
# second letter. The letters of the others are about the oldest instalment that is late; they are
# looked up one loan at a time in the order of the list, until a page is full.
_STANDS: Final = f"look.seen_on >= late.due_on + {_FROM} AND look.again_on > %(today)s"
_TOLD: Final = """
    EXISTS (SELECT FROM instalment i JOIN arrears_alert a ON a.loan_id = i.loan_id AND a.n = i.n
        WHERE i.loan_id = late.loan_id AND i.due_on = late.due_on AND a.kind = '{kind}')
"""
_FOLLOWED: Final = f"""
    WITH {_LATE}, followed AS (
        SELECT late.*, %(today)s::date - late.due_on AS days, {_BUCKET} AS bucket,
            look.again_on, CASE
                WHEN {_STANDS} AND NOT EXISTS (
                    SELECT FROM arrears_alert a WHERE a.loan_id = late.loan_id AND a.kind = 'T+3'
                        AND a.seen_at IS NULL)
                    THEN CASE WHEN %(today)s::date - late.due_on > 90 THEN 'decide'
                        ELSE 'again' END
                WHEN {_TOLD.format(kind="T+3")} THEN 'look'
                WHEN %(today)s::date - late.due_on >= 3 OR {_TOLD.format(kind="T+1")}
                    THEN 'second_letter'
                ELSE 'first_letter' END AS next
        FROM (SELECT * FROM late ORDER BY due_on, loan_id OFFSET 0) late LEFT JOIN LATERAL (
            SELECT k.seen_on, k.again_on FROM arrears_look k WHERE k.loan_id = late.loan_id
            ORDER BY k.id DESC LIMIT 1) look ON true
        WHERE coalesce(%(next)s::text, '') NOT IN ('again', 'decide') OR {_STANDS}
    )
"""  # noqa: S608 - our own constants
_OVERDUE: Final = f"""
    {_FOLLOWED}, late_page AS (
        SELECT f.*, p.code AS product FROM followed f JOIN loan_product p ON p.id = f.product_id
        WHERE (%(bucket)s::text IS NULL OR f.bucket = %(bucket)s)
            AND (%(currency)s::text IS NULL OR f.currency = %(currency)s)
            AND (%(product)s::text IS NULL OR p.code = %(product)s)
            AND (%(next)s::text IS NULL OR f.next = %(next)s)
            AND (%(seen_on)s::date IS NULL OR (f.due_on, f.loan_id) > (%(seen_on)s, %(seen_id)s))
        ORDER BY f.due_on, f.loan_id LIMIT %(limit)s
    )
    SELECT late.loan_id, late.title, late.product, late.borrower_id, b.name AS borrower,
        late.due_on, late.days, late.bucket, due.instalments, due.open_minor, due.charges_minor,
        late.currency, last.kind AS told_kind, last.on_date AS told_on, late.next,
        CASE late.next
            WHEN 'first_letter' THEN greatest(late.due_on + 1, %(today)s)
            WHEN 'second_letter' THEN greatest(late.due_on + 3, %(today)s)
            WHEN 'look' THEN %(today)s
            WHEN 'again' THEN least(late.again_on, late.due_on + CASE late.bucket
                WHEN '1-30' THEN 31 WHEN '31-60' THEN 61 ELSE 91 END)
            WHEN 'decide' THEN late.again_on
        END::date AS next_on
    FROM late_page late JOIN person b ON b.id = late.borrower_id
    CROSS JOIN LATERAL ({_OPEN}) due
    LEFT JOIN LATERAL (
        SELECT a.kind, a.on_date FROM arrears_alert a WHERE a.loan_id = late.loan_id
        ORDER BY a.made_at DESC, a.n DESC LIMIT 1) last ON true
    ORDER BY late.due_on, late.loan_id
"""  # noqa: S608 - our own constants


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which late loans are asked for; None for all."""

    bucket: str | None = None
    currency: str | None = None
    product: str | None = None
    next: str | None = None


def overdue(
    today: date,
    wanted: Wanted,
    *,
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> list[Overdue]:
    """Return the late loans that are `wanted`, the longest late first.

    `after` is oldest due day and id of the last one seen.
    """
    seen_on, seen_id = after or (None, None)
    params: dict[str, Any] = {
        "today": today,
        "closed": _closed(),
        "bucket": wanted.bucket,
        "currency": wanted.currency,
        "product": wanted.product,
        "next": wanted.next,
        "seen_on": seen_on,
        "seen_id": seen_id,
        "limit": limit,
    }
    return rows(_OVERDUE, params, into=Overdue)


_ASKED: Final = f"""
    WITH {_LATE}
    SELECT {_BUCKET} AS bucket, NULL::date AS "on", currency, count(*)::int AS count,
        sum(due.open_minor + due.charges_minor)::bigint AS amount_minor
    FROM late CROSS JOIN LATERAL ({_OPEN}) due GROUP BY 1, currency
    UNION ALL
    SELECT NULL, due_on, currency, count(*)::int,
        sum(principal_minor + interest_minor + penalty_minor + fee_minor - paid_minor
            - charges_paid_minor)::bigint
    FROM bill WHERE paid_at IS NULL AND due_on BETWEEN %(first)s AND %(last)s
    GROUP BY due_on, currency ORDER BY 2, 1, 3
"""  # noqa: S608 - our own constant


def asked(today: date, first: date, last: date) -> list[Asked]:
    """Return what cures the late loans, by bucket, and what open bills ask for, by day.

    Days are those from `first` to `last`; buckets and days of nothing are left out.
    """
    params = {"today": today, "closed": _closed(), "first": first, "last": last}
    return rows(_ASKED, params, into=Asked)


def _closed() -> date:
    """Return the last day that was closed: what was late by then is written on its loan."""
    return scalar("SELECT max(on_date) FROM closing_day") or date.min
