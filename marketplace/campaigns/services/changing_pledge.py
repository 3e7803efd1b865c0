"""Changing a pledge: another one takes its place.

What was agreed never changes, so the backer agrees anew and pays anew. Until that is paid, or its
card saved, the former pledge stands; in that very transaction it ends and goes back whole. What
both are for is taken from the shelf once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.campaigns.models import Campaign, Pledge
from marketplace.campaigns.rules.models import cut_off
from marketplace.campaigns.services.moving import give_back_stock, move_pledge
from marketplace.campaigns.services.refunding import plan_refund
from marketplace.campaigns.states import PledgeState
from marketplace.infra.commands import step
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal

CHANGEABLE: Final = frozenset({PledgeState.HELD, PledgeState.PROMISED})


@step
def begin(actor: Actor, campaign: Campaign, replaces_id: UUID, now: datetime) -> None:
    """Lock the pledge that is to be replaced, and give up an earlier try that was not paid.

    Somebody else's pledge is `NotFound`; one that is not paid or promised, or no longer, is
    refused, and so is one that can no longer be taken back.
    """
    former = _locked(replaces_id)
    if former.backer_id != actor.known() or former.campaign_id != campaign.id:
        raise NotFound(str(replaces_id))
    if former.state not in CHANGEABLE or _is_settled(campaign, former, now):
        raise Refusal("change_too_late")
    waiting = select(Pledge).where(
        Pledge.replaces_id == replaces_id, Pledge.state == PledgeState.AWAITING_PAYMENT
    )
    earlier = db.session.scalars(waiting.with_for_update()).one_or_none()
    if earlier is not None:
        move_pledge(earlier, "cancel", by={"backer"}, actor=actor, at=now, reason="changed")
        earlier.ended_at = now
        give_back_stock(earlier)


@step
def finish(pledge: Pledge, *, actor: Actor, now: datetime) -> None:
    """End the pledge that this one, now paid or promised, takes the place of."""
    if pledge.replaces_id is None:
        return
    former = _locked(pledge.replaces_id)
    if former.state not in CHANGEABLE:
        return
    was_paid = former.state == PledgeState.HELD
    move_pledge(former, "cancel", by={"backer"}, actor=actor, at=now, reason="changed")
    give_back_stock(former)
    if was_paid:
        plan_refund(former, "changed")
    else:
        former.ended_at = now


def beyond(wanted: int, kept: Mapping[UUID, int], reward_id: UUID) -> int:
    """Return how many of a reward are wanted beyond those that the former pledge has taken."""
    return max(wanted - kept.get(reward_id, 0), 0)


def _is_settled(campaign: Campaign, former: Pledge, now: datetime) -> bool:
    """Whether the deadline is over that the backer was shown."""
    if campaign.deadline is None:
        return False
    first = campaign.first_deadline
    return now >= cut_off(former.placed_at, deadline=campaign.deadline, first_deadline=first)


def _locked(pledge_id: UUID) -> Pledge:
    found = db.session.get(Pledge, pledge_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(str(pledge_id))
    return found
