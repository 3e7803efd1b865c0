"""What moved in a wallet, day by day, and until when what came in may be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from marketplace.infra.database import rows
from marketplace.ledger.queries import Balance
from marketplace.ledger.queries.browsing import Between
from marketplace.loans.queries import reversible


@dataclass(frozen=True, slots=True)
class WalletMovement:
    """What one kind of movement changed on one day (UTC), posted.

    Until `reversible_until` the bank of who paid may take it back; None: it is final. Of
    repayments a lender keeps the share then.
    """

    on: date
    code: str
    change_minor: int
    count: int
    reversible_until: date | None


_MOVEMENTS: Final = """
    SELECT own."on", own.code, sum(own.change_minor)::bigint AS change_minor,
        count(*)::int AS count, (i.finished_at AT TIME ZONE 'UTC')::date + m.days
            AS reversible_until
    FROM (
        SELECT (j.happened_at AT TIME ZONE 'UTC')::date AS "on", t.code,
            CASE WHEN t.credit_account = %(account)s THEN t.amount ELSE -t.amount END
                AS change_minor,
            split_part(j.operation_id, ':', 1) AS verb,
            CASE WHEN split_part(j.operation_id, ':', 1) IN ('escrow.charged',
                'settlement.repayment') THEN split_part(j.operation_id, ':', 2)::uuid END AS about
        FROM ledger_transfer t JOIN ledger_journal j ON j.id = t.journal_id
        WHERE %(account)s IN (t.credit_account, t.debit_account) AND t.phase IN ('single', 'post')
          AND (%(since)s::timestamptz IS NULL OR j.happened_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR j.happened_at < %(until)s)
    ) own
    LEFT JOIN receipt r
        ON own.verb = 'settlement.repayment' AND own.change_minor > 0 AND r.id = own.about
    LEFT JOIN escrow_instruction i ON i.id = CASE own.verb WHEN 'escrow.charged' THEN own.about
        ELSE r.instruction_id END AND own.change_minor > 0
    LEFT JOIN unnest(%(methods)s::text[], %(days)s::int[]) AS m (method, days)
        ON m.method = i.method
    GROUP BY 1, own.code, own.change_minor > 0, 5 ORDER BY 1, own.code, 3 DESC, 5 NULLS FIRST
"""


def movements(held: Balance, between: Between) -> list[WalletMovement]:
    """Return what happened in a wallet; what came, went and may be taken back is not netted."""
    facts = {"account": held.account_id, "since": between.since, "until": between.until}
    return rows(_MOVEMENTS, facts | reversible.windows(), into=WalletMovement)
