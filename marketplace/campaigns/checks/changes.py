"""Invariants of material changes: nobody is bound to what they did not agree to."""

from __future__ import annotations

from typing import Final

from marketplace.ledger.checks import Invariant

# A pledge that a bank took back and gave back later was decided with its campaign.
_AGREED: Final = """
    SELECT p.id AS pledge_id, r.change_id, r.answer, p.state
    FROM reconfirmation r JOIN pledge p ON p.id = r.pledge_id
    WHERE r.answer IS DISTINCT FROM 'keep' AND p.state IN ('released', 'charging', 'declined')
      AND NOT EXISTS (SELECT FROM escrow_dispute d WHERE d.instruction_id = p.checkout_id)
"""

# What a campaign counts its pledges against is the goal its page tells.
_GOAL: Final = """
    SELECT c.id AS campaign_id, c.goal_minor, t.goal_minor AS counted
    FROM campaign c JOIN campaign_total t ON t.campaign_id = c.id
    WHERE t.goal_minor <> c.goal_minor
"""

INVARIANTS: Final = (
    Invariant("campaign-changes", "Nobody pays for a change they did not agree to.", _AGREED),
    Invariant("campaign-goal", "Pledges are counted against the goal that is told.", _GOAL),
)
