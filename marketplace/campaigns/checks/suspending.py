"""Invariants of suspensions: the flag that freezes and what stands against a campaign agree."""

from __future__ import annotations

from typing import Final

from marketplace.ledger.checks import Invariant

# A suspension that ended its campaign freezes it until settlement has given everything back.
_FLAG: Final = """
    SELECT c.id AS campaign_id, c.suspended_at, s.state
    FROM campaign c
    LEFT JOIN LATERAL (SELECT state, suspended_at FROM suspension WHERE campaign_id = c.id
        ORDER BY suspended_at DESC, id DESC LIMIT 1) s ON true
    WHERE (c.suspended_at IS NOT NULL
            AND (s.state IS NULL OR s.state = 'lifted' OR s.suspended_at <> c.suspended_at))
        OR (c.suspended_at IS NULL AND s.state IN ('standing', 'proposed'))
"""

INVARIANTS: Final = (
    Invariant("campaign-suspension", "What is frozen has a suspension that stands.", _FLAG),
)
