"""Showing a draft to whoever has its link. We keep what recognises the link, not the link."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.infra import crypto
from marketplace.infra.commands import command
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal

_HIDDEN: Final = frozenset({CampaignState.DRAFT, CampaignState.IN_REVIEW, CampaignState.SCHEDULED})


@command
def share_preview(actor: Actor, campaign_id: UUID, now: datetime) -> str:
    """Return the secret of a new link to the preview; a former link ends.

    Refuses what everybody sees already, and what cannot be shown without its goal.
    """
    campaign = lock_own_campaign(campaign_id, actor, Right.STORY)
    if CampaignState(campaign.state) not in _HIDDEN:
        raise Refusal("preview_over")
    if campaign.goal_minor is None or campaign.deadline is None:
        raise Refusal("preview_before_goal")
    secret = crypto.random_token()
    campaign.preview_digest, campaign.changed_at = crypto.digest(secret), now
    return secret


@command
def end_preview(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """End the link to the preview; where there is none nothing happens."""
    campaign = lock_own_campaign(campaign_id, actor, Right.STORY)
    campaign.preview_digest, campaign.changed_at = None, now
