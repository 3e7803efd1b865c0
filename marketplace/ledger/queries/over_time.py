"""What an account held over time: its movements by day and kind, its balance at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from marketplace.infra.database import rows
from marketplace.ledger.queries import Balance
from marketplace.ledger.queries.browsing import ALWAYS, Between


@dataclass(frozen=True, slots=True)
class Movement:
    """What one kind of movement changed on one day (UTC), posted, as the account sees it."""

    on: date
    code: str
    change_minor: int
    count: int


_MOVEMENTS: Final = """
    SELECT (j.happened_at AT TIME ZONE 'UTC')::date AS "on", own.code,
        sum(own.change_minor)::bigint AS change_minor, count(*)::int AS count
    FROM (
        SELECT t.journal_id, t.code, CASE a.side WHEN 'debit' THEN t.amount ELSE -t.amount END
            AS change_minor
        FROM ledger_account a JOIN ledger_transfer t ON t.debit_account = a.id
        WHERE a.id = %(account)s AND t.phase IN ('single', 'post')
        UNION ALL
        SELECT t.journal_id, t.code, CASE a.side WHEN 'credit' THEN t.amount ELSE -t.amount END
        FROM ledger_account a JOIN ledger_transfer t ON t.credit_account = a.id
        WHERE a.id = %(account)s AND t.phase IN ('single', 'post')
    ) own JOIN ledger_journal j ON j.id = own.journal_id
    WHERE (%(since)s::timestamptz IS NULL OR j.happened_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR j.happened_at < %(until)s)
    GROUP BY 1, own.code, own.change_minor > 0 ORDER BY 1, own.code, 3 DESC
"""


def movements(held: Balance, between: Between = ALWAYS) -> list[Movement]:
    """Return what happened on an account, day by day; what came and what went are not netted."""
    facts = {"account": held.account_id, "since": between.since, "until": between.until}
    return rows(_MOVEMENTS, facts, into=Movement)
