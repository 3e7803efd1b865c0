"""Ending a campaign that was not decided: rows only, in sets; settlement moves the money."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.services import closing, promising
from marketplace.campaigns.services.moving import move_campaign, trace_pledges
from marketplace.campaigns.states import PledgeState
from marketplace.infra.commands import step
from marketplace.infra.database import column, execute
from marketplace.kernel.actors import SETTLEMENT


@step
def stop(campaign: Campaign, now: datetime) -> list[UUID]:
    """End the campaign for its backers; returns which paid pledges are to go back, in order.

    What waits for a payment expires, what was promised or is being charged lapses; a payment of
    it whose news comes later goes back by itself.
    """
    closing.give_up_unpaid(campaign, now)
    promising.lapse_promised(campaign, now, reason="stopped")
    promising.lapse_unpaid(campaign, now)
    execute("UPDATE campaign_total SET decided = true WHERE campaign_id = %s", (campaign.id,))
    ids = column(
        """
        UPDATE pledge SET state = 'refunding', refund_reason = 'stopped'
        WHERE campaign_id = %s AND state = 'held' RETURNING id
        """,
        (campaign.id,),
    )
    ids.sort()
    trace_pledges(ids, "return", PledgeState.HELD, PledgeState.REFUNDING, at=now, reason="stopped")
    move_campaign(campaign, "stop", by={"settlement"}, actor=SETTLEMENT, at=now)
    campaign.decided_at = now
    return ids
