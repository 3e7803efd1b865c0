"""In which parts a sponsor will be paid: written while drafting, agreed to by every backer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.parts import ReleasePart
from marketplace.campaigns.rules import parts as rules
from marketplace.campaigns.rules.parts import Share
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.campaigns.states.parts import MilestoneState, PartKind
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, flush, scalar
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.kernel.rates import BPS_WHOLE


@command
def write_plan(
    actor: Actor,
    campaign_id: UUID,
    *,
    first_bps: int,
    milestones: Sequence[Share],
    now: datetime,
) -> None:
    """Say how much is paid at the success and how much after which milestone.

    The rest is held until backers have what they were promised. Only while it is a draft.
    """
    campaign = lock_own_campaign(campaign_id, actor)
    if campaign.state != CampaignState.DRAFT:
        raise Refusal("draft_locked")
    refuse_if(rules.plan_refusals(first_bps, milestones, today=now.date()))
    execute("DELETE FROM release_part WHERE campaign_id = %s", (campaign.id,))
    _write(campaign, rules.plan(first_bps, milestones))
    campaign.changed_at = now


@step
def insist_on_plan(campaign: Campaign) -> None:
    """Give a campaign with rewards the usual plan, unless its sponsor has written one.

    One that takes late pledges has a plan in any case: they are paid in tranches.
    """
    if scalar("SELECT EXISTS (SELECT FROM release_part WHERE campaign_id = %s)", (campaign.id,)):
        return
    if scalar("SELECT EXISTS (SELECT FROM reward WHERE campaign_id = %s)", (campaign.id,)):
        _write(campaign, rules.plan(rules.FIRST_BPS))
    elif campaign.late_until is not None:
        _write(campaign, rules.plan(BPS_WHOLE))


@step
def _write(campaign: Campaign, shares: Sequence[Share]) -> None:
    for position, share in enumerate(shares, 1):
        is_milestone = share.kind is PartKind.MILESTONE
        db.session.add(
            ReleasePart(
                id=new_id(),
                campaign_id=campaign.id,
                position=position,
                kind=share.kind.value,
                share_bps=share.share_bps,
                title=share.title,
                due=share.due,
                state=MilestoneState.PLANNED.value if is_milestone else None,
            )
        )
    flush()
