"""Who works on a campaign beside its sponsor."""

from __future__ import annotations

from uuid import UUID

from marketplace.campaigns.rules.rights import Right
from marketplace.infra.database import scalar


def has_right(campaign_id: UUID, person_id: UUID, right: Right) -> bool:
    """Whether the person is a member of the campaign's team with this right."""
    sql = """
        SELECT EXISTS (SELECT FROM campaign_member
            WHERE campaign_id = %s AND person_id = %s AND %s = ANY(rights)
                AND accepted_at IS NOT NULL AND removed_at IS NULL)
    """
    return bool(scalar(sql, (campaign_id, person_id, right.value)))
