"""Freezing a campaign's money, letting it go on, or ending it: the last by two people.

While `suspended_at` stands, no settlement stage takes the campaign up, no pledge is made or taken
back, and a payout that nobody was asked for yet is called off. The one thing that still moves is
what the law wants back by its last day: a payment is never held longer than it may be.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.campaigns.events.suspending import (
    CampaignStopped,
    CampaignSuspended,
    EndAgreed,
    SuspensionLifted,
)
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.suspensions import Suspension
from marketplace.campaigns.queries import parts
from marketplace.campaigns.rules import suspending as rules
from marketplace.campaigns.services import tranches, waiting
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.campaigns.states.suspensions import SUSPENSION, SuspensionState
from marketplace.escrow.services.calling_off import call_off
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, Refusal, refuse_if
from marketplace.kernel.ids import new_id


@command
def suspend(actor: Actor, campaign_id: UUID, *, code: str, words: str, now: datetime) -> None:
    """Freeze the campaign's money at once; the sponsor and the backers are told why.

    Refuses the own campaign, one that is suspended already, one whose money is all gone.
    """
    _insist_on(actor, "moderator")
    campaign = lock_campaign(campaign_id)
    refuse_if(
        rules.suspension_refusals(
            state=campaign.state,
            suspended_at=campaign.suspended_at,
            sponsor_id=campaign.sponsor_id,
            actor_id=actor.known(),
            is_held_back=parts.is_held_back(campaign_id),
        )
    )
    refuse_if(rules.reason_refusals(code, words))
    begun = _begin(campaign, actor, code, words.strip(), now)
    if campaign.release_id is not None:
        call_off(campaign.release_id, reason="suspended", now=now)
    tranches.call_off_open(campaign, now, reason="suspended")
    announce(CampaignSuspended(campaign.id, campaign.sponsor_id, begun.id))


@command
def lift(actor: Actor, campaign_id: UUID, *, words: str, now: datetime) -> None:
    """Let the campaign go on where it stood; its collecting window gets the lost time back."""
    _insist_on(actor, "moderator", "finance_officer")
    campaign, found = _standing(campaign_id, actor)
    refuse_if(rules.words_refusals(words))
    _move(found, "lift", actor, now, words.strip())
    found.decided_by, found.decided_at, found.decision_words = actor.known(), now, words.strip()
    if campaign.collect_until is not None and campaign.state == CampaignState.COLLECTING:
        campaign.collect_until = rules.collecting_until(
            campaign.collect_until, found.suspended_at, now
        )
    waiting.stand_still(campaign.id, found.suspended_at, now)
    campaign.suspended_at = None
    announce(SuspensionLifted(campaign.id, campaign.sponsor_id, found.id))


@command
def propose_end(actor: Actor, campaign_id: UUID, *, words: str, now: datetime) -> None:
    """Ask a second person to agree that the campaign ends and every backer is refunded."""
    _insist_on(actor, "moderator")
    _campaign, found = _standing(campaign_id, actor)
    refuse_if(rules.words_refusals(words))
    _move(found, "propose", actor, now, words.strip())
    found.proposed_by, found.proposed_at, found.end_words = actor.known(), now, words.strip()


@command
def agree_to_end(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """End the campaign, as the second of two people; settlement then gives everything back."""
    _insist_on(actor, "moderator", "finance_officer")
    campaign, found = _standing(campaign_id, actor)
    if found.proposed_by is None:
        raise Refusal("end_not_proposed")
    refuse_if(
        rules.agreement_refusals(
            sponsor_id=campaign.sponsor_id,
            proposed_by=found.proposed_by,
            actor_id=actor.known(),
        )
    )
    _move(found, "agree", actor, now, found.end_words)
    found.decided_by, found.decided_at = actor.known(), now
    announce(EndAgreed(campaign.id))


@step
def end(campaign: Campaign) -> None:
    """Note that everything of an ended campaign is on its way back: nothing is frozen any more."""
    found = _latest(campaign.id, SuspensionState.STOPPED)
    campaign.suspended_at = None
    if found is not None:
        announce(CampaignStopped(campaign.id, campaign.sponsor_id, found.id))


def _insist_on(actor: Actor, *roles: str) -> None:
    if not actor.has(*roles):
        raise NotAllowed("campaign.suspend")


def _begin(campaign: Campaign, actor: Actor, code: str, words: str, now: datetime) -> Suspension:
    begun = Suspension(
        id=new_id(),
        campaign_id=campaign.id,
        state=SuspensionState.STANDING,
        code=code,
        words=words,
        suspended_by=actor.known(),
        suspended_at=now,
    )
    db.session.add(begun)
    campaign.suspended_at = now
    transitions.record(
        "suspension",
        begun.id,
        move="suspend",
        from_state=campaign.state,
        to_state=begun.state,
        actor=actor,
        at=now,
        reason=words,
    )
    return begun


def _standing(campaign_id: UUID, actor: Actor) -> tuple[Campaign, Suspension]:
    campaign = lock_campaign(campaign_id)
    found = _latest(campaign_id, SuspensionState.STANDING, SuspensionState.PROPOSED)
    if found is None:
        raise Refusal("not_suspended")
    if campaign.sponsor_id == actor.known():
        raise Refusal("own_campaign_decision")
    return campaign, found


def _latest(campaign_id: UUID, *states: SuspensionState) -> Suspension | None:
    query = (
        select(Suspension)
        .where(Suspension.campaign_id == campaign_id, Suspension.state.in_(states))
        .order_by(Suspension.suspended_at.desc())
        .limit(1)
    )
    return db.session.scalars(query).one_or_none()


def _move(found: Suspension, move: str, actor: Actor, now: datetime, words: str | None) -> None:
    found.state = transitions.go(
        SUSPENSION, found.id, found.state, move, by=actor.roles, actor=actor, at=now, reason=words
    ).value
