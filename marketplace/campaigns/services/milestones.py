"""Milestones: the sponsor says that one is reached, backers may object, then its share is free."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.events.parts import (
    MilestoneClaimed,
    MilestoneGranted,
    MilestoneRefused,
)
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.parts import ReleasePart
from marketplace.campaigns.rules import parts as part_rules
from marketplace.campaigns.services import objecting
from marketplace.campaigns.services.moving import lock_own_campaign, lock_own_pledge
from marketplace.campaigns.states import CampaignState
from marketplace.campaigns.states.parts import MILESTONE, MilestoneState
from marketplace.infra import html, transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, flush, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import SETTLEMENT, Actor
from marketplace.kernel.errors import NotFound, Refusal, refuse_if
from marketplace.kernel.money import Money

_DECIDED = frozenset({CampaignState.FUNDED, CampaignState.PAID_OUT})


@command
def claim(actor: Actor, campaign_id: UUID, part_id: UUID, *, evidence: str, now: datetime) -> None:
    """Say, as the sponsor, that a milestone is reached, and show by what. Backers have a week.

    The evidence is cleaned like a story. Refused before the campaign has succeeded.
    """
    campaign = lock_own_campaign(campaign_id, actor)
    milestone = _locked(campaign, part_id)
    if CampaignState(campaign.state) not in _DECIDED:
        raise Refusal("milestone_too_early")
    refuse_if(_evidence_refusals(evidence))
    milestone.evidence_html = html.sanitise(rules.as_markup(evidence))
    milestone.claimed_at = now
    milestone.objections_until = now + part_rules.MILESTONE_TIME
    milestone.reason = None
    _move(milestone, "claim", by="owner", actor=actor, now=now)
    announce(MilestoneClaimed(milestone.id, campaign.id, campaign.sponsor_id))


@command
def object_to(
    actor: Actor, pledge_id: UUID, part_id: UUID, *, words: str, form_key: str, now: datetime
) -> UUID:
    """Say, as a backer with a share in it, that a milestone is not reached; once for each form."""
    campaign, _pledge = lock_own_pledge(pledge_id, actor)
    known = objecting.known(pledge_id, form_key)
    if known is not None:
        return known
    text = words.strip()
    refuse_if(part_rules.object_refusals(code="other", words=text))
    milestone = _locked(campaign, part_id)
    until = milestone.objections_until
    if _held_of(pledge_id, part_id) == 0:
        raise Refusal("nothing_held_back")
    if until is not None and now >= until:
        raise Refusal("inspection_over", at=until)
    if milestone.state != MilestoneState.OBJECTED:
        _move(milestone, "object", by="backer", actor=actor, now=now)
    return objecting.open_objection(
        campaign, pledge_id, part_id, code="other", words=text, form_key=form_key, now=now
    )


@command
def withdraw(actor: Actor, pledge_id: UUID, part_id: UUID, now: datetime) -> None:
    """Take the actor's own objection to a milestone back; twice changes nothing."""
    lock_own_pledge(pledge_id, actor)
    objecting.withdraw_open(pledge_id, part_id, actor=actor, now=now)


@step
def due(campaign: Campaign, now: datetime) -> list[UUID]:
    """Return the milestones nobody objects to any more, their time over; locked."""
    return column(
        """
        SELECT r.id FROM release_part r
        WHERE r.campaign_id = %(campaign)s AND r.state IN ('claimed', 'objected')
            AND r.objections_until <= %(now)s AND NOT EXISTS (SELECT FROM objection o
                WHERE o.part_id = r.id AND o.state IN ('open', 'proposed'))
        ORDER BY r.position FOR UPDATE OF r
        """,
        {"campaign": campaign.id, "now": now},
    )


@step
def upheld(campaign: Campaign) -> list[UUID]:
    """Return the milestones two people found not to be reached; locked."""
    return column(
        """
        SELECT r.id FROM release_part r WHERE r.campaign_id = %s AND r.state = 'objected'
            AND EXISTS (SELECT FROM objection o WHERE o.part_id = r.id AND o.state = 'decided'
                AND o.upheld AND o.decided_at >= r.claimed_at)
        ORDER BY r.position FOR UPDATE OF r
        """,
        (campaign.id,),
    )


@step
def grant(campaign: Campaign, part_id: UUID, released: Money, now: datetime) -> None:
    """A milestone is reached: its share was released."""
    milestone = _locked(campaign, part_id)
    milestone.decided_at = now
    _move(milestone, "grant", by="settlement", actor=SETTLEMENT, now=now)
    announce(
        MilestoneGranted(
            part_id, campaign.id, campaign.sponsor_id, released.minor, released.currency
        )
    )


@step
def refuse(campaign: Campaign, part_id: UUID, now: datetime) -> None:
    """A milestone is not reached: it may be claimed again, and what else is open about it ends."""
    milestone = _locked(campaign, part_id)
    milestone.reason = scalar(
        "SELECT reason FROM objection WHERE part_id = %s AND upheld ORDER BY decided_at DESC"
        " LIMIT 1",
        (part_id,),
    )
    _move(milestone, "refuse", by="settlement", actor=SETTLEMENT, now=now)
    _expire_objections(part_id, now)
    announce(MilestoneRefused(part_id, campaign.id, campaign.sponsor_id))


@step
def end_empty(campaign: Campaign, now: datetime) -> None:
    """End the milestones of which nothing is held any more: there is nothing to claim."""
    ids = column(
        """
        SELECT r.id FROM release_part r WHERE r.campaign_id = %s
            AND r.state IN ('planned', 'claimed', 'objected')
            AND NOT EXISTS (SELECT FROM pledge_part p WHERE p.part_id = r.id AND p.state = 'held')
        ORDER BY r.position FOR UPDATE OF r
        """,
        (campaign.id,),
    )
    for part_id in ids:
        milestone = _locked(campaign, part_id)
        milestone.decided_at = now
        _move(milestone, "end", by="settlement", actor=SETTLEMENT, now=now)
        _expire_objections(part_id, now)


@step
def _expire_objections(part_id: UUID, now: datetime) -> None:
    sql = "SELECT pledge_id FROM objection WHERE part_id = %s"
    objecting.expire(column(sql, (part_id,)), part_id, now)


def _evidence_refusals(evidence: str) -> list[Refusal]:
    found = rules.text_refusals([("evidence", evidence, part_rules.EVIDENCE_MAX)])
    if html.tangled(evidence):
        found.append(Refusal("markup_tangled", "evidence", most=html.MARKS_MAX))
    elif not html.words(html.sanitise(evidence[: part_rules.EVIDENCE_MAX])):
        found.append(Refusal("evidence_missing", "evidence"))
    return found


def _held_of(pledge_id: UUID, part_id: UUID) -> int:
    sql = """
        SELECT count(*) FROM pledge_part
        WHERE pledge_id = %s AND part_id = %s AND state = 'held'
    """
    return int(scalar(sql, (pledge_id, part_id)))


@step
def _locked(campaign: Campaign, part_id: UUID) -> ReleasePart:
    found = db.session.get(ReleasePart, part_id, with_for_update=True, populate_existing=True)
    if found is None or found.campaign_id != campaign.id or found.state is None:
        raise NotFound(str(part_id))
    return found


def _move(milestone: ReleasePart, move: str, *, by: str, actor: Actor, now: datetime) -> None:
    milestone.state = transitions.go(
        MILESTONE, milestone.id, milestone.state or "", move,
        by={by}, actor=actor, at=now, reason=milestone.reason,
    ).value  # fmt: skip
    flush()
