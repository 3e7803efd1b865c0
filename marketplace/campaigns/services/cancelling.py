"""A backer takes a pledge back, until the deadline."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.events import PledgeCancelled
from marketplace.campaigns.models import Campaign, Pledge
from marketplace.campaigns.rules.models import cut_off
from marketplace.campaigns.rules.suspending import standing_refusals
from marketplace.campaigns.services.moving import give_back_stock, lock_own_pledge, move_pledge
from marketplace.campaigns.services.refunding import plan_refund
from marketplace.campaigns.states import PledgeState
from marketplace.infra.commands import command
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import refuse_if


@command
def cancel_pledge(actor: Actor, pledge_id: UUID, now: datetime) -> bool:
    """Take the actor's own pledge back; returns whether money is now on its way back.

    Until the deadline that was shown; what is pledged later can be dropped until it is paid.

    A paid pledge is refunded in full; one that was not paid yet simply ends. Its reward goes
    back on the shelf in both cases. Taking back what is taken back already changes nothing.
    Somebody else's pledge is `NotFound`.
    """
    campaign, pledge = lock_own_pledge(pledge_id, actor)
    if _taken_back(pledge):
        return pledge.refund_id is not None
    was_paid = pledge.state == PledgeState.HELD
    if campaign.deadline is not None and (was_paid or not pledge.is_late):
        until = cut_off(
            pledge.placed_at, deadline=campaign.deadline, first_deadline=campaign.first_deadline
        )
        refuse_if(rules.cancel_refusals(until, now))
    if was_paid:
        refuse_if(standing_refusals(campaign.suspended_at))
    move_pledge(pledge, "cancel", by={"backer"}, actor=actor, at=now)
    give_back_stock(pledge)
    if was_paid:
        _send_back(campaign, pledge)
    else:
        pledge.ended_at = now
    return was_paid


def _taken_back(pledge: Pledge) -> bool:
    return pledge.state == PledgeState.CANCELLED or pledge.refund_reason == "taken_back"


def _send_back(campaign: Campaign, pledge: Pledge) -> None:
    plan_refund(pledge, "taken_back")
    announce(
        PledgeCancelled(
            pledge.id, campaign.id, pledge.backer_id, pledge.amount_minor, pledge.currency
        )
    )
