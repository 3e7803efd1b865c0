"""What of lending waits for finance officers, or for others whom they may have to remind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money
from marketplace.loans.queries.vouchers import FREE


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


_WITHOUT_PAYEE: Final = """
    l.state = 'funded' AND NOT EXISTS (
        SELECT FROM escrow_payee e WHERE e.person_id = l.borrower_id AND e.state = 'ready')
"""


def waiting_for_payee(limit: int = 500) -> list[Waiting]:
    """Return the funded loans that cannot be paid out yet, the longest waiting first."""
    return rows(
        f"""
        SELECT l.id AS loan_id, l.title, l.borrower_id, p.name AS borrower,
            coalesce(l.funded_at, l.changed_at) AS since, l.amount_minor, l.currency
        FROM loan l JOIN person p ON p.id = l.borrower_id
        WHERE {_WITHOUT_PAYEE} ORDER BY since, l.id LIMIT %s
        """,  # noqa: S608 - our own constant
        (limit,),
        into=Waiting,
    )


@dataclass(frozen=True, slots=True)
class Queue:
    """How many of one kind wait, by age; `unowned` of them nobody looks after."""

    name: str
    hour: int
    day: int
    week: int
    older: int
    oldest: datetime | None
    unowned: int


_QUEUES: Final = f"""
    WITH waits AS (
        SELECT 'onboarding' AS name, coalesce(l.funded_at, l.changed_at) AS since, false AS unowned
        FROM loan l WHERE {_WITHOUT_PAYEE}
        UNION ALL
        SELECT 'voucher.' || v.state, v.uploaded_at, false FROM voucher v
        WHERE v.state IN ('uploaded', 'matched', 'confirmed')
        UNION ALL
        SELECT 'voucher.undo', v.undo_at, false FROM voucher v
        WHERE v.state = 'credited' AND v.undo_by IS NOT NULL
        UNION ALL
        SELECT 'lines', l.imported_at, l.owner_id IS NULL FROM collection_line l WHERE {FREE}
    )
    SELECT name, count(*) FILTER (WHERE since > %(now)s - interval '1 hour')::int AS hour,
        count(*) FILTER (WHERE since <= %(now)s - interval '1 hour'
            AND since > %(now)s - interval '1 day')::int AS day,
        count(*) FILTER (WHERE since <= %(now)s - interval '1 day'
            AND since > %(now)s - interval '7 days')::int AS week,
        count(*) FILTER (WHERE since <= %(now)s - interval '7 days')::int AS older,
        min(since) AS oldest, count(*) FILTER (WHERE unowned)::int AS unowned
    FROM waits GROUP BY name
"""  # noqa: S608 - our own constants


def queues(now: datetime) -> list[Queue]:
    """Return loans without a payee, open vouchers by state, and lines that prove no voucher."""
    return rows(_QUEUES, {"now": now}, into=Queue)
