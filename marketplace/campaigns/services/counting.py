"""Counts who looks at a campaign while it can be backed: how many, from where; never who."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.rules.sources import A_DAY_MAX, OTHER
from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel.actors import Actor

STEPS: Final = {"visit": (1, 0), "start": (0, 1)}

_COUNT: Final = """
    INSERT INTO visit_day (campaign_id, day, source, visits, starts)
    SELECT c.id, %(day)s, CASE WHEN known.sources < %(most)s OR known.has_this THEN %(source)s
        ELSE %(other)s END, %(visits)s, %(starts)s
    FROM campaign c CROSS JOIN LATERAL (
        SELECT count(*) AS sources, coalesce(bool_or(source = %(source)s), false) AS has_this
        FROM visit_day WHERE campaign_id = c.id AND day = %(day)s) known
    WHERE c.id = %(campaign)s AND c.state = 'live' AND c.deadline > %(now)s
        AND c.sponsor_id IS DISTINCT FROM %(person)s
    ON CONFLICT (campaign_id, day, source) DO UPDATE SET
        visits = visit_day.visits + excluded.visits, starts = visit_day.starts + excluded.starts
"""


@command
def count(
    actor: Actor, campaign_id: UUID, *, source: str, step: str, times: int = 1, now: datetime
) -> None:
    """Count a visit or a begun pledge, or several; the sponsor's own looks do not count."""
    visits, starts = STEPS[step]
    execute(
        _COUNT,
        {
            "campaign": campaign_id,
            "day": now.astimezone(UTC).date(),
            "source": source,
            "other": OTHER,
            "most": A_DAY_MAX,
            "visits": visits * times,
            "starts": starts * times,
            "person": actor.person_id,
            "now": now,
        },
    )
