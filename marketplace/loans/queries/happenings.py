"""What happened to a person's money in loans, and what comes: for the page about all of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.infra.database import rows, scalar
from marketplace.kernel.money import Money
from marketplace.loans.queries import open_shares


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened or comes. `kind` says what; many notes on one day are one.

    `at` is the moment, for what is due on a day its first one. `loan_id` is set where a bill is
    meant.
    """

    is_past: bool
    kind: str
    subject_id: UUID | None
    loan_id: UUID | None
    at: datetime
    title: str
    amount_minor: int
    currency: str
    count: int

    @property
    def amount(self) -> Money:
        """The amount it is about."""
        return Money(self.amount_minor, self.currency)


_HAPPENED = """
    (SELECT 'commitment.reserved' AS kind, c.id AS subject_id, c.loan_id, c.reserved_at AS at,
        l.title, c.amount_minor, c.currency, 1 AS count
    FROM commitment c JOIN loan l ON l.id = c.loan_id
    WHERE c.lender_id = %(me)s AND c.reserved_at IS NOT NULL ORDER BY c.id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT 'commitment.refunded', c.id, c.loan_id, c.closed_at, l.title, c.amount_minor,
        c.currency, 1
    FROM commitment c JOIN loan l ON l.id = c.loan_id
    WHERE c.lender_id = %(me)s AND c.state = 'refunded' ORDER BY c.id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT 'shares', NULL, NULL, max(s.distributed_at), '',
        sum(s.principal_minor + s.interest_minor + s.penalty_minor - s.fee_minor)::bigint,
        n.currency, count(*)::int
    FROM note n JOIN repayment_share s ON s.note_id = n.id
    WHERE n.lender_id = %(me)s AND s.distributed_at > %(since)s
    GROUP BY n.currency, s.distributed_at::date ORDER BY 4 DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT 'wallet.' || kind, id, NULL, closed_at, coalesce(reason, ''), amount_minor, currency, 1
    FROM wallet_order WHERE person_id = %(me)s AND state = 'done'
    ORDER BY id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT 'bill.paid', b.id, b.loan_id, b.paid_at, l.title,
        b.principal_minor + b.interest_minor, b.currency, b.n
    FROM loan l JOIN bill b ON b.loan_id = l.id
    WHERE l.borrower_id = %(me)s AND b.paid_at IS NOT NULL ORDER BY b.paid_at DESC LIMIT %(limit)s)
    UNION ALL
    SELECT 'loan.disbursed', l.id, l.id, s.at, l.title, l.amount_minor, l.currency, 1
    FROM loan l JOIN state_transition s ON s.subject_id = l.id AND s.subject_type = 'loan'
        AND s.move = 'pay_out'
    WHERE l.borrower_id = %(me)s
"""

_COMING = f"""
    (SELECT CASE c.state WHEN 'in_reflection' THEN 'commitment.decided' WHEN 'reserved'
            THEN 'commitment.decided' WHEN 'refunding' THEN 'commitment.refunding'
            ELSE 'commitment.unpaid' END AS kind,
        c.id AS subject_id, c.loan_id, CASE c.state WHEN 'awaiting_payment' THEN c.expires_at
            ELSE l.funding_until END AS at, l.title, c.amount_minor, c.currency, 1 AS count
    FROM commitment c JOIN loan l ON l.id = c.loan_id
    WHERE c.lender_id = %(me)s AND (c.state IN ('in_reflection', 'reserved', 'refunding')
        OR c.state = 'awaiting_payment' AND c.expires_at > %(now)s)
    ORDER BY 4, c.id LIMIT %(limit)s)
    UNION ALL
    (SELECT 'instalments', NULL, NULL, next.due_on::timestamp AT TIME ZONE 'UTC', '',
        sum(next.total)::bigint, n.currency, count(*)::int
    FROM note n JOIN loan l ON l.id = n.loan_id JOIN LATERAL (
        SELECT i.due_on, {open_shares.PRINCIPAL} + {open_shares.INTEREST} - {open_shares.NEXT_FEE}
            AS total
        FROM instalment i
        WHERE i.loan_id = l.id AND i.paid_minor < i.principal_minor + i.interest_minor
        ORDER BY i.n LIMIT 1) next ON true
    WHERE n.lender_id = %(me)s AND l.state = 'active' AND l.written_off_at IS NULL
      AND next.due_on >= %(today)s
    GROUP BY n.currency, next.due_on ORDER BY 4 LIMIT %(limit)s)
    UNION ALL
    (SELECT CASE WHEN b.id IS NULL THEN 'instalment' WHEN b.due_on < %(today)s THEN 'bill.late'
            ELSE 'bill.due' END, b.id, l.id, next.due_on::timestamp AT TIME ZONE 'UTC', l.title,
        next.total, l.currency, next.n
    FROM loan l JOIN LATERAL (
        SELECT i.n, i.due_on, i.principal_minor + i.interest_minor - i.paid_minor AS total
        FROM instalment i
        WHERE i.loan_id = l.id AND i.paid_minor < i.principal_minor + i.interest_minor
        ORDER BY i.n LIMIT 1) next ON true
    LEFT JOIN bill b ON b.loan_id = l.id AND b.n = next.n
    WHERE l.borrower_id = %(me)s AND l.state = 'active')
    UNION ALL
    SELECT CASE state WHEN 'offered' THEN 'loan.offered' WHEN 'listed' THEN 'loan.decided'
            ELSE 'loan.pays' END, id, id,
        coalesce(CASE state WHEN 'offered' THEN offer_until WHEN 'listed' THEN funding_until
            END, funded_at), title, amount_minor, currency, 1
    FROM loan WHERE borrower_id = %(me)s AND state IN ('offered', 'listed', 'funded', 'disbursing')
"""  # noqa: S608 - our own constants


class Story(NamedTuple):
    """What happened last, newest first, and what is open, soonest first."""

    past: list[Happening]
    coming: list[Happening]


# In one line, because psycopg remembers how to read questions of up to 4,096 bytes.
_STORY: Final = " ".join(
    f"""
    (SELECT true AS is_past, * FROM ({_HAPPENED}) found WHERE at IS NOT NULL
    ORDER BY at DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT false, * FROM ({_COMING}) found ORDER BY at, kind LIMIT %(limit)s)
    """.split()  # noqa: S608 - our own constants
)


_EVER: Final = """
    SELECT EXISTS (SELECT 1 FROM commitment WHERE lender_id = %(me)s)
        OR EXISTS (SELECT 1 FROM loan WHERE borrower_id = %(me)s)
        OR EXISTS (SELECT 1 FROM wallet_order WHERE person_id = %(me)s)
"""


def story(person_id: UUID, *, now: datetime, since: datetime, limit: int = 12) -> Story:
    """Return what happened and what comes in the person's lending and borrowing; two queries.

    The first asks whether there ever was anything, because most people have nothing to tell here.
    Shares of repayments are taken together by day, and only those after `since`. Kinds that need
    the person: `commitment.unpaid`, `bill.due`, `bill.late`, `loan.offered`. `loan.pays` waits
    for the provider, or for a payout account.
    """
    if not scalar(_EVER, {"me": person_id}):
        return Story([], [])
    params = {"me": person_id, "now": now, "today": now.date(), "since": since, "limit": limit}
    found = rows(_STORY, params, into=Happening)
    return Story([one for one in found if one.is_past], [one for one in found if not one.is_past])


@dataclass(frozen=True, slots=True)
class Month:
    """A lender's month: what came back and what is still expected in it."""

    month: date
    arrived_minor: int
    expected_minor: int


_MONTHS = f"""
    WITH span AS (
        SELECT generate_series(%(first)s::date, %(last)s::date, '1 month')::date AS month
    ), arrived AS (
        SELECT date_trunc('month', s.distributed_at)::date AS month,
            sum(s.principal_minor + s.interest_minor + s.penalty_minor - s.fee_minor)::bigint
                AS minor
        FROM note n JOIN repayment_share s ON s.note_id = n.id
        WHERE n.lender_id = %(me)s AND n.currency = %(currency)s
          AND s.distributed_at >= %(first)s GROUP BY 1
    ), expected AS (
        SELECT date_trunc('month', greatest(i.due_on, %(today)s))::date AS month,
            sum({open_shares.PRINCIPAL} + {open_shares.INTEREST} - {open_shares.FEE})::bigint
                AS minor
        FROM note n JOIN loan l ON l.id = n.loan_id
        JOIN instalment i ON i.loan_id = l.id
            AND i.paid_minor < i.principal_minor + i.interest_minor
        WHERE n.lender_id = %(me)s AND n.currency = %(currency)s AND l.state = 'active'
          AND l.written_off_at IS NULL GROUP BY 1
    )
    SELECT span.month, coalesce(arrived.minor, 0) AS arrived_minor,
        coalesce(expected.minor, 0) AS expected_minor
    FROM span LEFT JOIN arrived USING (month) LEFT JOIN expected USING (month) ORDER BY 1
"""  # noqa: S608 - our own constants


def months(lender_id: UUID, currency: str, *, first: date, last: date, today: date) -> list[Month]:
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
    return rows(_MONTHS, params, into=Month)
