"""Changing what was promised, once people have pledged: a moderator looks, backers may leave.

    proposed ──approved──▶ asking ──everybody answered, or five days over──▶ done
        │                    └ in force at once; whoever leaves or says nothing gets all back
        └──refused, withdrawn, or no longer possible

Whoever pledged before the approval agreed to what stood then, and is asked; whoever pledges after
it agrees to what stands now: a check page shown before it is shown again (`terms_moved`). Price
and contents of a reward are not here: they cannot change at all once somebody has pledged.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.campaigns.events.changes import ChangeApproved, ChangeLapsed, ChangeRefused
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.changes import MaterialChange
from marketplace.campaigns.queries import changes
from marketplace.campaigns.rules import materiality
from marketplace.campaigns.rules.change_parts import difference, merged
from marketplace.campaigns.rules.languages import count_words
from marketplace.campaigns.rules.materiality import RECONFIRM_FOR, Standing, Terms
from marketplace.campaigns.rules.models import rule_of
from marketplace.campaigns.services import finding
from marketplace.campaigns.services.drafting import clean_story, longest_first_round
from marketplace.campaigns.services.moving import lock_campaign, lock_own_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.campaigns.states.changes import CHANGE, STANDING, ChangeState
from marketplace.infra import html, transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute
from marketplace.infra.events import announce
from marketplace.kernel.actors import CLOCK, SETTLEMENT, Actor
from marketplace.kernel.errors import Broken, NotAllowed, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.moderation.services.opening import drop_case, open_case

SUBJECT: Final = "change"


@command
def propose(
    actor: Actor,
    campaign_id: UUID,
    wanted: Terms,
    *,
    reason: str,
    is_wording: bool = False,
    now: datetime,
) -> UUID:
    """Ask for other terms of the actor's own live campaign; nothing changes by it.

    `wanted.story` is as it was typed. `is_wording` says that the meaning stays: then nobody is
    asked, if a moderator agrees. The same proposal again is the same. Refuses what cannot change
    or not now, and a second change while one stands.
    """
    campaign = lock_own_campaign(campaign_id, actor)
    former, later = terms_of(campaign), _cleaned(campaign.id, wanted)
    before, after = difference(former, later)
    if (known := _standing(campaign_id)) is not None:
        return _same(known, after, reason)
    facts = _facts(campaign, later.story)
    found = materiality.proposal_refusals(former, later, facts, now, is_wording=is_wording)
    refuse_if(found or materiality.reason_refusals(reason))
    made = MaterialChange(
        id=new_id(),
        campaign_id=campaign.id,
        proposed_by=actor.known(),
        proposed_at=now,
        reason=reason.strip(),
        before=before,
        after=after,
        is_wording=is_wording,
        state=ChangeState.PROPOSED,
    )
    db.session.add(made)
    owner, title = campaign.sponsor_id, campaign.title
    open_case("change", SUBJECT, made.id, owner_id=owner, title=title, now=now)
    return made.id


@command
def withdraw(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """Take the actor's own proposal back, before it is decided."""
    lock_own_campaign(campaign_id, actor)
    found = _standing(campaign_id)
    if found is None or found.state != ChangeState.PROPOSED:
        raise Refusal("change_not_proposed")
    _move(found, "withdraw", actor, now, by="owner")
    drop_case("change", SUBJECT, found.id, now)


@command
def approve(actor: Actor, change_id: UUID, now: datetime) -> None:
    """Put a change in force, and ask every backer whom it touches; safe to repeat.

    One that has become impossible lapses instead. Of a refused one this is what an appeal does.
    """
    campaign, change = _locked(change_id)
    if change.state not in {ChangeState.PROPOSED, ChangeState.REFUSED}:
        return
    _insist_on_another(actor, campaign)
    former = terms_of(campaign)
    later = merged(former, change.after)
    if in_the_way := _in_the_way(campaign, change, former, later, now):
        _lapse(campaign, change, actor, now, reason=in_the_way[0].code)
        return
    _put_in_force(campaign, former, later, now)
    change.moderator_id, change.decided_at = actor.known(), now
    change.reconfirm_until = now + RECONFIRM_FOR
    _move(change, "approve", actor, now, by="moderator")
    db.session.flush()
    drop_case("change", SUBJECT, change.id, now)
    _ask(change, materiality.changed_parts(former, later), now)
    announce(ChangeApproved(change.id, campaign.id, campaign.sponsor_id))


@command
def refuse(actor: Actor, change_id: UUID, *, words: str, now: datetime) -> None:
    """Let a change not through; the sponsor reads why. Safe to repeat."""
    campaign, change = _locked(change_id)
    if change.state != ChangeState.PROPOSED:
        return
    _insist_on_another(actor, campaign)
    change.moderator_id, change.decided_at, change.words = actor.known(), now, words.strip()
    _move(change, "refuse", actor, now, by="moderator", reason=words.strip())
    drop_case("change", SUBJECT, change.id, now)
    announce(ChangeRefused(change.id, campaign.id, campaign.sponsor_id))


@command
def lapse(change_id: UUID, now: datetime) -> bool:
    """End a proposal whose campaign takes no pledges any more; returns whether it ended now."""
    campaign, change = _locked(change_id)
    if change.state != ChangeState.PROPOSED or _is_live(campaign, now):
        return False
    _lapse(campaign, change, CLOCK, now, reason="change_not_live")
    return True


@step
def settle(change: MaterialChange, now: datetime) -> None:
    """Nobody is asked any more."""
    _move(change, "settle", SETTLEMENT, now, by="settlement")


@step
def terms_of(campaign: Campaign) -> Terms:
    """Return what the campaign tells its backers now."""
    if campaign.goal is None or campaign.deadline is None:
        raise Refusal("change_not_live")
    return Terms(
        campaign.goal,
        campaign.deadline,
        campaign.story_html,
        campaign.risks,
        changes.deliveries(campaign.id),
    )


def _cleaned(campaign_id: UUID, wanted: Terms) -> Terms:
    months = {key: day.replace(day=1) if day else None for key, day in wanted.deliveries.items()}
    story, _taken_out = clean_story(campaign_id, wanted.story)
    return Terms(wanted.goal, wanted.deadline, story, wanted.risks.strip(), months)


def _same(known: MaterialChange, after: object, reason: str) -> UUID:
    if known.state != ChangeState.PROPOSED or (known.after, known.reason) != (
        after,
        reason.strip(),
    ):
        raise Refusal("change_stands")
    return known.id


def _facts(campaign: Campaign, story: str) -> Standing:
    return Standing(
        state=CampaignState(campaign.state),
        suspended_at=campaign.suspended_at,
        launched_at=campaign.launched_at or campaign.created_at,
        longest=longest_first_round(campaign),
        floor=rule_of(campaign).floor,
        story_words=count_words(html.words(story)),
    )


def _in_the_way(
    campaign: Campaign, change: MaterialChange, former: Terms, later: Terms, now: datetime
) -> list[Refusal]:
    """Return what has made an approved change impossible since it was proposed."""
    other = _standing(campaign.id)
    if other is not None and other.id != change.id:
        return [Refusal("change_stands")]
    if not _is_live(campaign, now):
        return [Refusal("change_not_live")]
    is_stale = difference(former, later)[0] != change.before
    facts = _facts(campaign, later.story)
    return materiality.effect_refusals(later, facts, now, is_stale=is_stale)


def _put_in_force(campaign: Campaign, former: Terms, later: Terms, now: datetime) -> None:
    if campaign.late_until is not None:
        campaign.late_until += later.deadline - former.deadline
    campaign.goal_minor, campaign.deadline = later.goal.minor, later.deadline
    campaign.story_html, campaign.risks = later.story, later.risks
    campaign.changed_at = campaign.terms_at = now
    for reward_id, month in materiality.changed_deliveries(former, later).items():
        execute("UPDATE reward SET delivery = %s WHERE id = %s", (month, reward_id))
    execute(
        "UPDATE campaign_total SET goal_minor = %s WHERE campaign_id = %s",
        (later.goal.minor, campaign.id),
    )
    db.session.flush()
    finding.make_findable(campaign)


def _ask(change: MaterialChange, parts: list[str], now: datetime) -> None:
    """Ask whoever agreed to what stood before; who is just paying agreed to that too."""
    if change.is_wording:
        return
    execute(
        """
        INSERT INTO reconfirmation (change_id, pledge_id, campaign_id, asked_at)
        SELECT %(change)s, p.id, p.campaign_id, %(now)s FROM pledge p
        WHERE p.campaign_id = %(campaign)s AND p.state IN ('awaiting_payment', 'promised', 'held')
          AND (%(everybody)s OR EXISTS (SELECT FROM pledge_line l
            WHERE l.pledge_id = p.id AND l.reward_id = ANY(%(rewards)s)))
        """,
        {
            "change": change.id,
            "campaign": change.campaign_id,
            "now": now,
            "everybody": materiality.touches_everybody(parts),
            "rewards": [UUID(reward_id) for reward_id in change.after.get("delivery", {})],
        },
    )


def _lapse(
    campaign: Campaign, change: MaterialChange, actor: Actor, now: datetime, *, reason: str
) -> None:
    if change.state != ChangeState.PROPOSED:
        return  # refused, and now neither: the appeal came too late
    by = "clock" if actor is CLOCK else "moderator"
    _move(change, "lapse", actor, now, by=by, reason=reason)
    drop_case("change", SUBJECT, change.id, now)
    announce(ChangeLapsed(change.id, campaign.id, campaign.sponsor_id))


def _is_live(campaign: Campaign, now: datetime) -> bool:
    deadline = campaign.deadline
    return campaign.state == CampaignState.LIVE and deadline is not None and now < deadline


def _insist_on_another(actor: Actor, campaign: Campaign) -> None:
    if not actor.has("moderator"):
        raise NotAllowed("campaign.moderate")
    if campaign.sponsor_id == actor.known():
        raise Refusal("own_campaign_decision")


def _locked(change_id: UUID) -> tuple[Campaign, MaterialChange]:
    """Return a change and its campaign, both locked, the campaign first."""
    known = db.session.get(MaterialChange, change_id)
    if known is None:
        raise NotFound(str(change_id))
    campaign = lock_campaign(known.campaign_id)
    found = db.session.get(MaterialChange, change_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise Broken(f"change {change_id} is gone")
    return campaign, found


def _standing(campaign_id: UUID) -> MaterialChange | None:
    query = select(MaterialChange).where(
        MaterialChange.campaign_id == campaign_id, MaterialChange.state.in_(STANDING)
    )
    return db.session.scalars(query.with_for_update()).one_or_none()


def _move(
    change: MaterialChange,
    move: str,
    actor: Actor,
    now: datetime,
    *,
    by: str,
    reason: str | None = None,
) -> None:
    change.state = transitions.go(
        CHANGE, change.id, change.state, move, by={by}, actor=actor, at=now, reason=reason
    ).value
