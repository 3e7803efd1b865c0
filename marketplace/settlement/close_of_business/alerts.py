"""Alerts before and after an instalment falls due: T-7, T-1, T0, T+1, T+3, once each.

Each kind has the days on which it is still worth telling, so that an alert whose day was missed
comes on the next one, and none comes after the one that follows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.database import column, rows
from marketplace.infra.events import announce_all
from marketplace.settlement.events import InstalmentAlerted, LateLoansTold

BATCH: Final = 5_000
LATE: Final = "T+1"


@command
def alert_chunk(on: date, now: datetime, *, limit: int = BATCH) -> int:
    """Write the next alerts down and announce them; returns how many there were."""
    facts = {"on": on, "now": now, "limit": limit}
    made = rows(_ALERT, facts, into=_Made)
    announce_all(
        [
            InstalmentAlerted(one.loan_id, one.borrower_id, one.n, one.kind)
            for one in made
            if one.kind != LATE  # its borrower hears of it as a late bill
        ]
    )
    late = [one.loan_id for one in made if one.kind == LATE]
    if late:
        lenders = column("SELECT DISTINCT lender_id FROM note WHERE loan_id = ANY(%s)", (late,))
        announce_all([LateLoansTold(lender_id, on) for lender_id in sorted(lenders)])
    return len(made)


@dataclass(frozen=True, slots=True)
class _Made:
    loan_id: UUID
    borrower_id: UUID
    n: int
    kind: str


# From so many days before the due day (negative: after it) to so many.
_ALERT: Final = """
    WITH wanted AS (
        SELECT i.loan_id, i.n, l.borrower_id, alert.kind
        FROM (VALUES ('T-7', 7, 2), ('T-1', 1, 1), ('T0', 0, 0), ('T+1', -1, -2),
                ('T+3', -3, -36500)) AS alert (kind, first, last)
        JOIN instalment i ON i.due_on BETWEEN %(on)s::date + alert.last
            AND %(on)s::date + alert.first
        JOIN loan l ON l.id = i.loan_id
        WHERE i.paid_minor < i.principal_minor + i.interest_minor AND l.state = 'active'
            AND l.written_off_at IS NULL
          AND NOT EXISTS (SELECT FROM arrears_alert a
              WHERE a.loan_id = i.loan_id AND a.n = i.n AND a.kind = alert.kind)
        ORDER BY i.loan_id, i.n LIMIT %(limit)s
    ), made AS (
        INSERT INTO arrears_alert (loan_id, n, kind, on_date, made_at)
        SELECT loan_id, n, kind, %(on)s, %(now)s FROM wanted
        ON CONFLICT (loan_id, n, kind) DO NOTHING
        RETURNING loan_id, n, kind
    )
    SELECT loan_id, borrower_id, n, kind FROM made JOIN wanted USING (loan_id, n, kind)
    ORDER BY loan_id, n
"""
