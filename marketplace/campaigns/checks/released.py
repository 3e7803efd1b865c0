"""What sponsors were given, our fee included: the pledges and the ledger say the same.

Where a bank has taken a payment back what it was for is shared out otherwise; those campaigns
are left to the invariants of the escrow, of what is held back and of the losses.
"""

from __future__ import annotations

from typing import Final

from marketplace.ledger.checks import Invariant

_RELEASED: Final = """
    SELECT campaign_id, by_pledges.minor AS by_pledges, by_ledger.minor AS by_ledger
    FROM (
        SELECT p.campaign_id, sum(p.amount_minor - coalesce(kept.minor, 0)) AS minor
        FROM pledge p LEFT JOIN (
            SELECT pledge_id, sum(amount_minor) AS minor FROM pledge_part
            WHERE state IN ('held', 'returning', 'returned') GROUP BY pledge_id
        ) kept ON kept.pledge_id = p.id
        WHERE p.state = 'released' GROUP BY p.campaign_id
    ) by_pledges
    FULL JOIN (
        SELECT campaign_id, sum(minor) AS minor FROM (
            SELECT d.owner_id AS campaign_id, t.amount AS minor
            FROM ledger_account d JOIN ledger_transfer t ON t.debit_account = d.id
            JOIN ledger_account c ON c.id = t.credit_account
                AND c.kind IN ('sponsor:payable', 'fees:platform')
            WHERE d.kind IN ('escrow:campaign', 'holdback:campaign')
                AND t.phase IN ('single', 'post')
            UNION ALL
            SELECT c.owner_id, -t.amount
            FROM ledger_account c JOIN ledger_transfer t ON t.credit_account = c.id
            JOIN ledger_account d ON d.id = t.debit_account
                AND d.kind IN ('sponsor:payable', 'fees:platform')
            WHERE c.kind IN ('escrow:campaign', 'holdback:campaign')
                AND t.phase IN ('single', 'post')
        ) moved GROUP BY campaign_id
    ) by_ledger USING (campaign_id)
    WHERE coalesce(by_pledges.minor, 0) <> coalesce(by_ledger.minor, 0)
        AND NOT EXISTS (SELECT FROM pledge p
            WHERE p.campaign_id = coalesce(by_pledges.campaign_id, by_ledger.campaign_id)
                AND p.state = 'charged_back')
        AND NOT EXISTS (SELECT FROM pledge_part part
            WHERE part.campaign_id = coalesce(by_pledges.campaign_id, by_ledger.campaign_id)
                AND part.state = 'charged_back')
"""

INVARIANTS: Final = (
    Invariant("campaign-released", "Sponsors were given exactly what was released.", _RELEASED),
)
