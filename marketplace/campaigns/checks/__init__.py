"""Invariants of campaigns, tried by `flask ledger check` beside the ledger's own.

Each is one statement that returns a row for every violation. What is between two transactions
is counted where it truly is: a payment or refund the provider has confirmed is in the ledger
already, although its pledge has not been told yet.
"""

from __future__ import annotations

from typing import Final

from marketplace.campaigns.checks import changes, parts, released, suspending
from marketplace.ledger.checks import Invariant

_TOTALS: Final = """
    SELECT t.campaign_id, t.promised_minor, t.held_minor, t.released_minor, t.refunding_minor,
        t.refunded_minor
    FROM campaign_total t
    LEFT JOIN (
        SELECT campaign_id,
            coalesce(sum(amount_minor) FILTER (
                WHERE state IN ('promised', 'charging', 'declined')), 0) AS promised,
            coalesce(sum(amount_minor) FILTER (WHERE state = 'held'), 0) AS held,
            coalesce(sum(amount_minor) FILTER (WHERE state = 'released'), 0) AS released,
            coalesce(sum(amount_minor) FILTER (WHERE state = 'refunding'), 0) AS refunding,
            coalesce(sum(amount_minor) FILTER (WHERE state = 'refunded'), 0) AS refunded,
            count(DISTINCT backer_id) FILTER (WHERE state IN
                ('promised', 'charging', 'declined', 'held', 'released')) AS backers
        FROM pledge GROUP BY campaign_id
    ) p USING (campaign_id)
    WHERE (t.promised_minor, t.held_minor, t.released_minor, t.refunding_minor, t.refunded_minor)
        <> (coalesce(p.promised, 0), coalesce(p.held, 0), coalesce(p.released, 0),
            coalesce(p.refunding, 0), coalesce(p.refunded, 0))
       OR (NOT t.decided AND (t.raised_minor, t.backers)
        <> (coalesce(p.promised + p.held + p.released, 0), coalesce(p.backers, 0)))
"""

_STOCK: Final = """
    SELECT r.id AS reward_id, r.taken,
        coalesce(w.wanted, 0) - coalesce(b.shared, 0) + coalesce(k.kept, 0) AS wanted
    FROM reward r
    LEFT JOIN (
        SELECT l.reward_id, sum(l.quantity) AS wanted
        FROM pledge_line l JOIN pledge p ON p.id = l.pledge_id
        WHERE l.reward_id IS NOT NULL AND (p.state IN
                ('awaiting_payment', 'promised', 'charging', 'declined', 'held', 'released')
            OR p.refund_reason IN ('goal_missed', 'held_too_long', 'sponsor_unpaid', 'stopped')
            OR (p.state = 'lapsed' AND p.decline_reason IS NULL))
        GROUP BY l.reward_id
    ) w ON w.reward_id = r.id
    LEFT JOIN (
        -- A pledge and the one that is to take its place: what both are for is taken once.
        SELECT l.reward_id, sum(least(l.quantity, f.quantity)) AS shared
        FROM pledge p JOIN pledge former ON former.id = p.replaces_id
        JOIN pledge_line l ON l.pledge_id = p.id AND l.reward_id IS NOT NULL
        JOIN pledge_line f ON f.pledge_id = former.id AND f.reward_id = l.reward_id
        WHERE p.state = 'awaiting_payment' AND former.state IN ('promised', 'held')
        GROUP BY l.reward_id
    ) b ON b.reward_id = r.id
    LEFT JOIN (
        SELECT reward_id, count(*) AS kept FROM reward_wait WHERE state = 'offered'
        GROUP BY reward_id
    ) k ON k.reward_id = r.id
    WHERE r.taken <> coalesce(w.wanted, 0) - coalesce(b.shared, 0) + coalesce(k.kept, 0)
"""

# In escrow: what is held or on its way back, and what the provider has told and nobody has heard.
_IN_ESCROW: Final = """
    SELECT found.* FROM (
        SELECT t.campaign_id, t.held_minor + t.refunding_minor
            + coalesce((
                SELECT sum(i.amount_minor) FROM pledge p
                JOIN escrow_instruction i ON i.kind IN ('checkout', 'charge')
                    AND i.purpose = 'pledge' AND i.subject_id = p.id AND i.state = 'succeeded'
                WHERE p.campaign_id = t.campaign_id
                    AND (p.held_at IS NULL OR p.checkout_id <> i.id)
                    AND NOT EXISTS (
                        SELECT FROM pledge_surplus s WHERE s.instruction_id = i.id)), 0)
            + coalesce((
                SELECT sum(s.amount_minor) FROM pledge p
                JOIN pledge_surplus s ON s.pledge_id = p.id AND s.ended_at IS NULL
                JOIN escrow_instruction i ON i.id = s.refund_id AND i.state <> 'succeeded'
                WHERE p.campaign_id = t.campaign_id), 0)
            + coalesce((
                -- Refunds that came back, and are not in a wallet yet.
                SELECT sum(i.amount_minor) FROM pledge p
                JOIN escrow_instruction i ON i.subject_id = p.id AND i.kind = 'refund'
                    AND i.purpose = 'pledge' AND i.state = 'returned'
                WHERE p.campaign_id = t.campaign_id AND p.state = 'refunded'
                    AND NOT EXISTS (SELECT FROM ledger_journal j
                        WHERE j.operation_id = 'campaigns.refund_to_wallet:' || i.id)), 0)
            - coalesce((
                SELECT sum(p.amount_minor) FROM pledge p
                JOIN escrow_instruction i ON i.id = p.refund_id AND i.state = 'succeeded'
                WHERE p.campaign_id = t.campaign_id AND p.state = 'refunding'), 0) AS by_pledges,
            coalesce(k.credits_posted - k.debits_posted, 0) AS in_escrow
        FROM campaign_total t
        LEFT JOIN ledger_account a ON a.kind = 'escrow:campaign'
            AND a.owner_id = t.campaign_id AND a.currency = t.currency
        LEFT JOIN LATERAL ledger_counters(a.id) k ON a.id IS NOT NULL
    ) found WHERE by_pledges <> in_escrow
"""

INVARIANTS: Final = (
    Invariant("campaign-totals", "What a campaign shows is the sum of its pledges.", _TOTALS),
    Invariant("campaign-stock", "Of a reward exactly what was pledged for is taken.", _STOCK),
    Invariant("campaign-escrow", "A campaign's escrow holds exactly its paid pledges.", _IN_ESCROW),
    *changes.INVARIANTS,
    *parts.INVARIANTS,
    *released.INVARIANTS,
    *suspending.INVARIANTS,
)
