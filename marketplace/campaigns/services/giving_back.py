"""Pledges that must go back although nothing was missed: they were held as long as they may be.

Rows only, in sets; settlement moves the money.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from marketplace.campaigns.events import CampaignGivenBack
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.services.moving import move_campaign, trace_pledges
from marketplace.campaigns.states import CampaignState, PledgeState
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
    ids.sort()
    trace_pledges(ids, "return", PledgeState.HELD, PledgeState.REFUNDING, at=now, actor=actor)
    return ids


@step
def unfund(
    campaign: Campaign,
    now: datetime,
    *,
    actor: Actor = SETTLEMENT,
    reason: str = "sponsor_unpaid",
) -> list[UUID]:
    """Send all pledges of a funded campaign back whose sponsor is not paid; returns which."""
    ids = column(
        """
        UPDATE pledge SET state = 'refunding', refund_reason = %s, ended_at = NULL
        WHERE campaign_id = %s AND state = 'released' RETURNING id
        """,
        (reason, campaign.id),
    )
    ids.sort()
    trace_pledges(ids, "return", PledgeState.RELEASED, PledgeState.REFUNDING, at=now, actor=actor)
    move_campaign(campaign, "give_back", by={"settlement"}, actor=actor, at=now)
    campaign.fee_minor = campaign.net_minor = campaign.release_id = None
    if campaign.state != CampaignState.UNFUNDED or campaign.currency is None:
        raise Broken(f"campaign {campaign.id} was not funded")
    if reason == "sponsor_unpaid":
        announce(CampaignGivenBack(campaign.id, campaign.sponsor_id))
    return ids
