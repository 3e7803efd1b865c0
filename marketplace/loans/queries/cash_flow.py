"""A lender's cash flows: what was lent, what came back, what is expected, by day and by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import exponent
from marketplace.loans.queries import open_shares


@dataclass(frozen=True, slots=True)
class Flow:
    """Money of mine on one day: negative when lent, positive when it came back."""

    on: date
    minor: int


def flows(
    lender_id: UUID, currency: str, *, today: date, note_id: UUID | None = None
) -> list[tuple[date, Decimal]]:
    """Return my real cash flows; what is still outstanding counts as worth its principal today.

    Notes count from the day they were made, late interest and our fee as they came and went; what
    was written off is worth nothing.
    """
    found = rows(
        f"""
        WITH mine AS (
            SELECT id, principal_minor, created_at::date AS on_day,
                {open_shares.OUTSTANDING} AS left_minor
            FROM note n WHERE lender_id = %(me)s AND currency = %(currency)s
              AND (%(note)s::uuid IS NULL OR id = %(note)s)
        )
        SELECT "on", sum(minor)::bigint AS minor FROM (
            SELECT on_day AS "on", -principal_minor AS minor FROM mine
            UNION ALL
            SELECT s.distributed_at::date,
                s.principal_minor + s.interest_minor + s.penalty_minor - s.fee_minor
            FROM repayment_share s JOIN mine ON mine.id = s.note_id
            UNION ALL
            SELECT %(today)s::date, left_minor FROM mine WHERE left_minor > 0
        ) all_flows GROUP BY "on" ORDER BY "on"
        """,  # noqa: S608 - our own constant
        {"me": lender_id, "currency": currency, "today": today, "note": note_id},
        into=Flow,
    )
    scale = -exponent(currency)
    return [(flow.on, Decimal(flow.minor).scaleb(scale)) for flow in found]


@dataclass(frozen=True, slots=True)
class MonthFlow:
    """A month of my lending: what came back in it, or what borrowers still owe me in it, about.

    Interest is what reaches the wallet: late interest is in it, our fee taken off. `expected` while
    anything of it is still to come.
    """

    month: date
    principal_minor: int
    interest_minor: int
    expected: bool


_MONTHS: Final = f"""
    WITH span AS (
        SELECT generate_series(%(first)s::date, %(last)s::date, '1 month')::date AS month
    ), parts AS (
        SELECT date_trunc('month', s.distributed_at)::date AS month, s.principal_minor AS principal,
            s.interest_minor + s.penalty_minor - s.fee_minor AS interest, false AS expected
        FROM note n JOIN repayment_share s ON s.note_id = n.id
        WHERE n.lender_id = %(me)s AND n.currency = %(currency)s
          AND s.distributed_at >= %(first)s
        UNION ALL
        SELECT date_trunc('month', greatest(i.due_on, %(today)s))::date,
            {open_shares.PRINCIPAL}, {open_shares.INTEREST} - {open_shares.FEE}, true
        FROM note n JOIN loan l ON l.id = n.loan_id
        JOIN instalment i ON i.loan_id = l.id
            AND i.paid_minor < i.principal_minor + i.interest_minor
        WHERE n.lender_id = %(me)s AND n.currency = %(currency)s AND l.state = 'active'
          AND l.written_off_at IS NULL
    )
    SELECT span.month, coalesce(sum(principal), 0)::bigint AS principal_minor,
        coalesce(sum(interest), 0)::bigint AS interest_minor,
        coalesce(bool_or(expected), false) AS expected
    FROM span LEFT JOIN parts USING (month) GROUP BY span.month ORDER BY span.month
"""  # noqa: S608 - our own constants


def months(
    lender_id: UUID, currency: str, *, first: date, last: date, today: date
) -> list[MonthFlow]:
    """Return the months from `first` to `last` (first days of months), none left out.

    What is late is expected this month.
    """
    params = {
        "me": lender_id,
        "currency": currency,
        "first": first,
        "last": last,
        "today": today,
    }
    return rows(_MONTHS, params, into=MonthFlow)
