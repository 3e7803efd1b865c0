"""Who stands in line in the demo world, and what a sponsor asks before sending.

Everything here has form keys of its own: the rest of the world is not changed by it.
"""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries import audiences, fulfilments, pledges, rewards, surveys
from marketplace.campaigns.services import surveying, waiting
from marketplace.demo.script import Project
from marketplace.demo.stage import WORLD_DAYS, Agenda, Stage, actor_of
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor

_IN_LINE: Final = 3
_ASKED_AFTER: Final = 6  # days after the deadline
_ANSWERED_AFTER: Final = 3
_ANSWERING: Final = 12
_QUESTIONS: Final = {
    "Open Loom": (
        ("Which name shall we burn into the beam?", ()),
        ("Which hand throws the shuttle?", ("The left", "The right", "Both")),
    ),
}
_NAMES: Final = ("Wren", "Ida and Tom", "Atelier Nord", "For Mother")


def stage_asking(stage: Stage, project: Project, campaign_id: UUID, on_day: Agenda) -> None:
    """Put on the agenda who waits for what is all taken, and what backers are asked."""
    over = project.launch_day + project.duration
    if over > WORLD_DAYS:
        on_day(WORLD_DAYS - 1, partial(_line_up, stage, campaign_id))
    if project.title in _QUESTIONS:
        on_day(over + _ASKED_AFTER, partial(_ask, stage, project, campaign_id))
        on_day(over + _ASKED_AFTER + _ANSWERED_AFTER, partial(_answer, stage, campaign_id))


def _line_up(stage: Stage, campaign_id: UUID) -> None:
    gone = [row.id for row in rewards.shown(campaign_id) if row.sold_out and not row.is_addon]
    crowd = [stage.cast[key] for key in stage.keys("crowd")]
    without = (
        [who for who in crowd if not audiences.backs(campaign_id, who.known())] if gone else []
    )
    db.session.rollback()
    for reward_id in gone:
        for who in without[:_IN_LINE]:
            stage.hand.advance(minutes=1)
            waiting.join(who, campaign_id, reward_id, stage.now)


def _ask(stage: Stage, project: Project, campaign_id: UUID) -> None:
    sponsor = stage.cast[project.by]
    for number, (title, choices) in enumerate(_QUESTIONS[project.title]):
        stage.hand.advance(minutes=1)
        surveying.add_question(
            sponsor,
            campaign_id,
            title=title,
            choices=choices,
            is_required=bool(choices),
            reward_id=None,
            form_key=f"asked-{number}",
            now=stage.now,
        )
    surveying.ask(sponsor, campaign_id, stage.now)


def _answer(stage: Stage, campaign_id: UUID) -> None:
    for number, (pledge_id, backer) in enumerate(_asked(campaign_id)):
        questions = surveys.asked_of(pledge_id)
        db.session.rollback()
        said = {
            each.id: (each.choices or _NAMES)[number % len(each.choices or _NAMES)]
            for each in questions
        }
        stage.hand.advance(minutes=1)
        surveying.answer(backer, pledge_id, said, stage.now)


def _asked(campaign_id: UUID) -> list[tuple[UUID, Actor]]:
    waiting_for = fulfilments.board(campaign_id, ["to_ship"], limit=_ANSWERING)
    backers = [(row.pledge_id, pledges.pledge(row.pledge_id).backer_id) for row in waiting_for]
    db.session.rollback()
    return [(pledge_id, actor_of(backer_id)) for pledge_id, backer_id in backers]
