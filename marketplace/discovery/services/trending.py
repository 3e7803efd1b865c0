"""Which live campaigns many people back just now.

A campaign's score is the number of people who pledged in the last week, each counting half as
much for every day since: a hundred people last week weigh less than twenty today. It is worked
out in one statement, by people and not by amounts, so that money buys no place.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from marketplace.infra.commands import command
from marketplace.infra.database import execute

LOOKS_BACK: Final = timedelta(days=7)
HALVES_IN: Final = timedelta(days=1)

_SCORE: Final = """
    INSERT INTO trend (campaign_id, score, at)
    SELECT c.id, coalesce(lately.score, 0), %(now)s
    FROM campaign c LEFT JOIN (
        SELECT campaign_id, sum(weight) AS score FROM (
            SELECT campaign_id, backer_id, max(power(0.5, greatest(extract(epoch FROM
                %(now)s - coalesce(held_at, promised_at)), 0) / %(halves)s)) AS weight
            FROM pledge
            WHERE coalesce(held_at, promised_at) > %(since)s
                AND state IN ('promised', 'charging', 'declined', 'held', 'released')
            GROUP BY campaign_id, backer_id
        ) person GROUP BY campaign_id
    ) lately ON lately.campaign_id = c.id
    WHERE c.state = 'live' AND c.suspended_at IS NULL
    ON CONFLICT (campaign_id) DO UPDATE SET score = excluded.score, at = excluded.at
"""
_FORGET: Final = """
    DELETE FROM trend USING campaign c
    WHERE c.id = trend.campaign_id AND (c.state <> 'live' OR c.suspended_at IS NOT NULL)
"""


@command
def score(now: datetime) -> int:
    """Work out how much every live campaign is wanted; returns how many there are."""
    execute(_FORGET)
    facts = {"now": now, "since": now - LOOKS_BACK, "halves": HALVES_IN.total_seconds()}
    return execute(_SCORE, facts)
