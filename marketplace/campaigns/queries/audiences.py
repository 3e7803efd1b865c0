"""For whom something is: who backs a campaign, and with which reward."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from marketplace.infra.database import column, scalar

# Money that is promised or paid and has not gone back.
BACKING: Final = ("promised", "charging", "declined", "held", "released")


def backs(campaign_id: UUID, person_id: UUID) -> bool:
    """Whether the person has a pledge to the campaign that counts."""
    sql = """
        SELECT EXISTS (SELECT FROM pledge
            WHERE campaign_id = %s AND backer_id = %s AND state = ANY(%s))
    """
    return bool(scalar(sql, (campaign_id, person_id, list(BACKING))))


def rewards_of(campaign_id: UUID, person_id: UUID) -> list[UUID]:
    """Return the rewards of the person's pledges to the campaign that count."""
    sql = """
        SELECT DISTINCT l.reward_id FROM pledge p JOIN pledge_line l ON l.pledge_id = p.id
        WHERE p.campaign_id = %s AND p.backer_id = %s AND p.state = ANY(%s)
          AND l.reward_id IS NOT NULL
    """
    return column(sql, (campaign_id, person_id, list(BACKING)))
