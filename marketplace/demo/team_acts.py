"""Who works on campaigns of the demo world, what is coming, and what changes after a launch.

It has form keys of its own and no dice: the rest of the world is not changed by it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries import changes
from marketplace.campaigns.rules.materiality import Terms
from marketplace.campaigns.services import changing, launching, moderating, reconfirming, teams
from marketplace.demo.script import Project
from marketplace.demo.stage import Agenda, Stage, actor_of
from marketplace.identity import queries as people
from marketplace.infra.database import db, scalar
from marketplace.kernel.ids import PersonId
from marketplace.kernel.money import Money
from marketplace.moderation.rules import UNDO_FOR
from marketplace.moderation.services import deciding

# By title: who of the crowd works on it, and what they may do.
_TEAMS: Final = {
    "Winter Mail": {"crowd-5": ("story", "talk"), "crowd-9": ("fulfil", "see_backers")},
}
_CHANGED: Final = "Small Hours"
_CHANGED_AFTER: Final = 21
_LOWER_GOAL: Final = "7600"
_WHY: Final = (
    "The hospital gives us the kitchen of its old canteen. It has passed inspection and costs us"
    " only the carrying, so we need 3,600 less. The soup for whole shifts starts two months later,"
    " when the second stove is in."
)
_LATER_TIER: Final = "Soup for a shift"
_LATER_DAYS: Final = 62
_STAY: Final = 3  # so many answer that they stay; the next one leaves, the others are still asked

_UPCOMING_DAYS: Final = 9
_CURIOUS: Final = 12


def plan_launch(stage: Stage, project: Project, campaign_id: UUID) -> None:
    """Let the sponsor of what is coming choose an hour, and show it before."""
    at = (stage.now + timedelta(days=2 + _UPCOMING_DAYS)).replace(hour=9, minute=0, second=0)
    launching.plan_launch(
        stage.cast[project.by], campaign_id, launch_at=at, announced=True, now=stage.now
    )


def announce(stage: Stage, campaign_id: UUID) -> None:
    """Approve what is coming; some of the crowd want to be told."""
    moderating.approve(stage.cast["moderator"], campaign_id, stage.now)
    for number in range(_CURIOUS):
        launching.wish_to_be_told(stage.cast[f"crowd-{number}"], campaign_id, stage.now)


def stage_work(stage: Stage, project: Project, campaign_id: UUID, on_day: Agenda) -> None:
    """Put on the agenda who joins a campaign's team, and what is changed about it."""
    for key, rights in _TEAMS.get(project.title, {}).items():
        _join(stage, project, campaign_id, key, rights)
    if project.title == _CHANGED:
        change = partial(_change, stage, project, campaign_id)
        on_day(project.launch_day + _CHANGED_AFTER, change)


def _join(
    stage: Stage, project: Project, campaign_id: UUID, key: str, rights: tuple[str, ...]
) -> None:
    member = stage.cast[key]
    asked = teams.invite(
        stage.cast[project.by],
        campaign_id,
        email=_address(member.known()),
        rights=rights,
        now=stage.now,
    )
    teams.accept(member, asked, stage.now)


def _address(person_id: PersonId) -> str:
    found = people.person(person_id)
    db.session.rollback()
    return found.email if found else ""


def _change(stage: Stage, project: Project, campaign_id: UUID) -> None:
    """Lower the goal and deliver one reward later; a moderator agrees, one backer leaves."""
    former = _terms(campaign_id)
    reward_id = scalar(
        "SELECT id FROM reward WHERE campaign_id = %s AND title = %s", (campaign_id, _LATER_TIER)
    )
    month = former.deliveries[reward_id]
    later = {reward_id: month + timedelta(days=_LATER_DAYS)} if month else {}
    db.session.rollback()
    made = changing.propose(
        stage.cast[project.by],
        campaign_id,
        replace(
            former,
            goal=Money.of(_LOWER_GOAL, project.currency),
            deliveries={**former.deliveries, **later},
        ),
        reason=_WHY,
        now=stage.now,
    )
    case_id = scalar("SELECT id FROM moderation_case WHERE subject_id = %s", (made,))
    db.session.rollback()
    deciding.decide(stage.cast["moderator"], case_id, outcome="approve", now=stage.now)
    stage.hand.advance(seconds=UNDO_FOR.seconds)
    deciding.take_effect_due(stage.now)
    stage.settle()
    _answer(stage, made)


def _terms(campaign_id: UUID) -> Terms:
    c = db.session.get_one(Campaign, campaign_id)
    if c.goal is None or c.deadline is None:
        raise LookupError(str(campaign_id))
    return Terms(c.goal, c.deadline, c.story_html, c.risks, changes.deliveries(campaign_id))


def _answer(stage: Stage, change_id: UUID) -> None:
    asked = changes.to_tell(change_id, after=None, limit=_STAY + 2)
    visitor = stage.cast["crowd-0"].known()
    backers = [(pledge_id, _backer(pledge_id)) for pledge_id in asked]
    db.session.rollback()
    alone = [(pledge_id, backer) for pledge_id, backer in backers if backer != visitor]
    for number, (pledge_id, backer) in enumerate(alone[: _STAY + 1]):
        reconfirming.answer(actor_of(backer), pledge_id, stays=number < _STAY, now=stage.now)


def _backer(pledge_id: UUID) -> PersonId:
    return PersonId(scalar("SELECT backer_id FROM pledge WHERE id = %s", (pledge_id,)))
