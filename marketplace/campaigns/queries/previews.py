"""Campaigns that are shown to whoever has their link."""

from __future__ import annotations

from uuid import UUID

from marketplace.campaigns.queries import one
from marketplace.infra.database import scalar
from marketplace.kernel.errors import NotFound


def is_shared(campaign_id: UUID) -> bool:
    """Whether a link shows the campaign's preview."""
    sql = "SELECT preview_digest IS NOT NULL FROM campaign WHERE id = %s"
    return bool(scalar(sql, (campaign_id,)))


def by_digest(digest: str) -> one.CampaignRow:
    """Return the campaign whose link has this digest; `NotFound` where there is none."""
    sql = "SELECT id FROM campaign WHERE preview_digest = %s AND state <> 'cancelled'"
    found = scalar(sql, (digest,))
    if found is None:
        raise NotFound("preview")
    return one.campaign(found)
