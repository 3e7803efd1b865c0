"""Noting what a sponsor changes beside the story of a campaign that everybody can see."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.drafting import ToldChange
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.campaigns.states import PUBLIC, CampaignState
from marketplace.infra.commands import step
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import new_id


@step
def lock_told(campaign_id: UUID, actor: Actor) -> Campaign:
    """Return a public campaign whose answers and timeline the actor may mark, locked."""
    campaign = lock_own_campaign(campaign_id, actor, Right.TALK)
    if CampaignState(campaign.state) not in PUBLIC:
        raise Refusal("told_before_live")
    return campaign


@step
def note(
    actor: Actor,
    campaign_id: UUID,
    position: int,
    act: str,
    *,
    before: list[str],
    after: list[str],
    reason: str = "",
    now: datetime,
) -> None:
    """Keep what an answer or a step said before and says now, for everybody to read."""
    db.session.add(
        ToldChange(
            id=new_id(),
            campaign_id=campaign_id,
            position=position,
            act=act,
            before=before,
            after=after,
            reason=reason,
            at=now,
            said_by=actor.known(),
        )
    )
