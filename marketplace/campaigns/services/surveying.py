"""Asking backers before what was promised is sent, and their answers.

Questions are written in peace and asked together; what was asked stays. Answers can be changed
until the reward is sent or the day comes on which addresses stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.events.asking import SurveyAsked
from marketplace.campaigns.models.surveys import SurveyQuestion
from marketplace.campaigns.queries import rewards, surveys
from marketplace.campaigns.rules import one_line
from marketplace.campaigns.rules import surveys as rules
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import addressing, fulfilling
from marketplace.campaigns.services.moving import lock_own_campaign, lock_own_pledge
from marketplace.campaigns.states import DECIDED_FOR, CampaignState
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id


@command
def add_question(
    actor: Actor,
    campaign_id: UUID,
    *,
    title: str,
    choices: Sequence[str],
    is_required: bool,
    reward_id: UUID | None,
    form_key: str,
    now: datetime,
) -> UUID:
    """Write a question to all backers, or to those of one reward; once for each `form_key`."""
    lock_own_campaign(campaign_id, actor, Right.FULFIL)
    known = "SELECT id FROM survey_question WHERE campaign_id = %s AND form_key = %s"
    found: UUID | None = scalar(known, (campaign_id, form_key))
    if found is not None:
        return found
    plain, ways = one_line(title), [way for way in map(one_line, choices) if way]
    count = scalar("SELECT count(*) FROM survey_question WHERE campaign_id = %s", (campaign_id,))
    refuse_if(rules.question_refusals(plain, ways, count=count))
    if reward_id is not None:
        rewards.reward(reward_id, campaign_id)
    question = SurveyQuestion(
        id=new_id(),
        campaign_id=campaign_id,
        reward_id=reward_id,
        form_key=form_key,
        title=plain,
        choices=ways,
        is_required=is_required,
        written_at=now,
    )
    db.session.add(question)
    db.session.flush()
    return question.id


@command
def remove_question(actor: Actor, campaign_id: UUID, question_id: UUID) -> None:
    """Strike a question out that was not asked yet."""
    lock_own_campaign(campaign_id, actor, Right.FULFIL)
    question = db.session.get(SurveyQuestion, question_id)
    if question is None or question.campaign_id != campaign_id:
        raise NotFound(str(question_id))
    if question.asked_at is not None:
        raise Refusal("survey_question_asked")
    db.session.delete(question)


@command
def ask(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """Ask everything that was written and not asked yet; backers are written to.

    Only after the success: before it nobody knows whether anything is sent.
    """
    campaign = lock_own_campaign(campaign_id, actor, Right.FULFIL)
    if CampaignState(campaign.state) not in DECIDED_FOR:
        raise Refusal("survey_too_early")
    asked = execute(
        "UPDATE survey_question SET asked_at = %s WHERE campaign_id = %s AND asked_at IS NULL",
        (now, campaign_id),
    )
    if not asked:
        raise Refusal("survey_empty")
    announce(SurveyAsked(campaign_id, now))


_ANSWER: Final = """
    INSERT INTO survey_answer (pledge_id, question_id, answer, answered_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (pledge_id, question_id)
        DO UPDATE SET answer = excluded.answer, answered_at = excluded.answered_at
"""


@command
def answer(actor: Actor, pledge_id: UUID, answers: Mapping[UUID, str], now: datetime) -> None:
    """Answer what is asked of the actor's own pledge; the latest word counts.

    Refuses what is missing or not one of the choices, all of it at once, and everything once the
    reward is sent or addresses stand.
    """
    campaign, _pledge = lock_own_pledge(pledge_id, actor)
    addressing.insist_it_is_open(campaign, fulfilling.lock_fulfilment(pledge_id), now)
    asked = surveys.asked_of(pledge_id)
    said = {question.id: answers.get(question.id, "").strip() for question in asked}
    refuse_if(
        [
            refusal
            for question in asked
            for refusal in rules.answer_refusals(
                rules.answer_field(question.id.hex),
                said[question.id],
                question.choices,
                is_required=question.is_required,
            )
        ]
    )
    for question_id, words in said.items():
        if words:
            execute(_ANSWER, (pledge_id, question_id, words, now))
        else:
            gone = "DELETE FROM survey_answer WHERE pledge_id = %s AND question_id = %s"
            execute(gone, (pledge_id, question_id))


@command
def forget_answers(now: datetime) -> int:
    """Wipe the answers whose delivery has been over for half a year; returns how many."""
    return execute(
        """
        DELETE FROM survey_answer a USING fulfilment f
        WHERE f.pledge_id = a.pledge_id AND f.ended_at <= %s
        """,
        (now - addressing.KEPT,),
    )
