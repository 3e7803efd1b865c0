"""Pledges that must go back although nothing was missed: they were held as long as they may be.

Rows only, in sets; settlement moves the money.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from marketplace.campaigns.events import CampaignGivenBack
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.services.moving import move_campaign
from marketplace.campaigns.states import CampaignState, PledgeState
from marketplace.infra import transitions
from marketplace.infra.commands import step
from marketplace.infra.database import column
from marketplace.infra.events import announce
from marketplace.kernel.actors import SETTLEMENT, Actor
from marketplace.kernel.errors import Broken


@step
def give_back_held(
    campaign: Campaign, until: date, now: datetime, *, actor: Actor = SETTLEMENT
) -> list[UUID]:
    """Send back the paid pledges that must have left by `until`; returns which, in order."""
    ids = column(
        """
        UPDATE pledge SET state = 'refunding', refund_reason = 'held_too_long'
        FROM escrow_instruction i
        WHERE pledge.campaign_id = %s AND pledge.state = 'held' AND i.id = pledge.checkout_id
            AND i.leave_by <= %s
        RETURNING pledge.id
        """,
        (campaign.id, until),
    )
    _trace(ids, PledgeState.HELD, actor, now)
    return sorted(ids)


@step
def unfund(campaign: Campaign, now: datetime, *, actor: Actor = SETTLEMENT) -> list[UUID]:
    """Send all pledges of a funded campaign back whose sponsor could not be paid; returns which."""
    ids = column(
        """
        UPDATE pledge SET state = 'refunding', refund_reason = 'sponsor_unpaid', ended_at = NULL
        WHERE campaign_id = %s AND state = 'released' RETURNING id
        """,
        (campaign.id,),
    )
    _trace(ids, PledgeState.RELEASED, actor, now)
    move_campaign(campaign, "give_back", by={"settlement"}, actor=actor, at=now)
    campaign.fee_minor = campaign.net_minor = campaign.release_id = None
    if campaign.state != CampaignState.UNFUNDED or campaign.currency is None:
        raise Broken(f"campaign {campaign.id} was not funded")
    announce(CampaignGivenBack(campaign.id, campaign.sponsor_id))
    return sorted(ids)


def _trace(ids: list[UUID], former: PledgeState, actor: Actor, now: datetime) -> None:
    transitions.record_all(
        "pledge",
        sorted(ids),
        move="return",
        from_state=former.value,
        to_state=PledgeState.REFUNDING.value,
        actor=actor,
        at=now,
    )
