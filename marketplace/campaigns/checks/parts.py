"""Invariants of the parts in which sponsors are paid: rows and ledger say the same.

What the provider has already sent back, and nobody has heard of, is counted where it truly is.
"""

from __future__ import annotations

from typing import Final

from marketplace.ledger.checks import Invariant

_WHOLE: Final = """
    SELECT p.id AS pledge_id, p.amount_minor, sum(part.amount_minor) AS in_parts
    FROM pledge_part part JOIN pledge p ON p.id = part.pledge_id AND p.currency = part.currency
    WHERE part.state <> 'divided'
    GROUP BY p.id, p.amount_minor HAVING sum(part.amount_minor) <> p.amount_minor
"""

_HELD_BACK: Final = """
    SELECT coalesce(part.campaign_id, book.campaign_id) AS campaign_id, part.held, book.held_back
    FROM (
        SELECT part.campaign_id, part.currency, sum(part.amount_minor) AS held
        FROM pledge_part part LEFT JOIN escrow_instruction i ON i.id = part.refund_id
        WHERE part.state = 'held'
            OR (part.state = 'returning' AND i.state IS DISTINCT FROM 'succeeded')
            -- A refund that came back, and is not in a wallet yet.
            OR (part.state = 'returned' AND i.purpose = 'pledge_part' AND i.state = 'returned'
                AND NOT EXISTS (SELECT FROM ledger_journal j
                    WHERE j.operation_id = 'campaigns.refund_to_wallet:' || i.id))
        GROUP BY part.campaign_id, part.currency
    ) part
    FULL JOIN (
        SELECT a.owner_id AS campaign_id, a.currency,
            k.credits_posted - k.debits_posted AS held_back
        FROM ledger_account a CROSS JOIN LATERAL ledger_counters(a.id) k
        WHERE a.kind = 'holdback:campaign'
    ) book USING (campaign_id, currency)
    WHERE coalesce(part.held, 0) <> coalesce(book.held_back, 0)
"""

# What is owed is open, and its share was released by the clock all the same.
_INSPECTED: Final = """
    SELECT part.id AS pledge_part_id, f.state FROM pledge_part part
    JOIN release_part r ON r.id = part.part_id AND r.kind = 'inspection'
    LEFT JOIN fulfilment f ON f.pledge_id = part.pledge_id
    WHERE part.state = 'released' AND (f.state IS NULL
        OR (f.ended_at IS NULL AND f.state <> 'owed'))
"""

INVARIANTS: Final = (
    Invariant("pledge-parts", "The parts of a pledge are the whole pledge.", _WHOLE),
    Invariant("inspected-parts", "No share is released uninspected.", _INSPECTED),
    Invariant("campaign-holdback", "What is held back is the sum of its parts.", _HELD_BACK),
)
