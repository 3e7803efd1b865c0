"""Where a campaign's visitors came from, and what became of them on the way to a pledge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from marketplace.campaigns.rules.sources import TAG
from marketplace.infra.database import rows


@dataclass(frozen=True, slots=True)
class Source:
    """One source: how many came by it, began a pledge, and pledged.

    A pledge keeps a sponsor's tag and nothing else, so that all others have an empty source.
    """

    source: str
    visits: int
    starts: int
    pledges: int
    minor: int


_SOURCES: Final = f"""
    SELECT source, coalesce(sum(visits), 0)::bigint AS visits,
        coalesce(sum(starts), 0)::bigint AS starts,
        coalesce(sum(pledges), 0)::bigint AS pledges, coalesce(sum(minor), 0)::bigint AS minor
    FROM (
        SELECT source, visits, starts, 0 AS pledges, 0 AS minor
        FROM visit_day WHERE campaign_id = %(campaign)s
        UNION ALL
        SELECT coalesce('{TAG}' || source, ''), 0, 0, 1, amount_minor FROM pledge
        WHERE campaign_id = %(campaign)s AND coalesce(promised_at, held_at) IS NOT NULL
            AND (state IN ('promised', 'charging', 'declined', 'held', 'released')
                OR refund_reason IN ('goal_missed', 'stopped'))
    ) found GROUP BY source ORDER BY minor DESC, visits DESC, source
"""  # noqa: S608 - our own constant


def of_campaign(campaign_id: UUID) -> list[Source]:
    """Return a campaign's sources, those that brought most first."""
    return rows(_SOURCES, {"campaign": campaign_id}, into=Source)
