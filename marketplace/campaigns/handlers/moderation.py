"""What campaigns do when a moderator's decision has its effect. Each may be told twice."""

from __future__ import annotations

from marketplace.campaigns.queries import suspensions
from marketplace.campaigns.services import moderating, suspending
from marketplace.identity import queries as people
from marketplace.infra.logs import log
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.moderation.events import DecisionEffective, DecisionOverturned
from marketplace.moderation.states import CaseKind, Outcome


def carry_out(event: DecisionEffective) -> None:
    """Do what was decided about a campaign; what has become impossible meanwhile is named."""
    if event.subject_type != "campaign":
        return
    try:
        _carry_out(event, people.actor(event.moderator_id))
    except Refusal as refusal:
        log("campaigns").info("decision without effect", case=str(event.case_id), code=refusal.code)


def _carry_out(event: DecisionEffective, moderator: Actor) -> None:
    now = clock.now()
    if event.kind == CaseKind.SUBMISSION and event.outcome == Outcome.APPROVE:
        moderating.approve(moderator, event.subject_id, now)
    elif event.kind == CaseKind.SUBMISSION:
        moderating.give_back(
            moderator, event.subject_id, reason=event.words, code=event.code, now=now
        )
    elif event.outcome == Outcome.SUSPEND:
        suspending.suspend(moderator, event.subject_id, code=event.code, words=event.words, now=now)


def take_back(event: DecisionOverturned) -> None:
    """Lift the suspension that an appeal was right about."""
    if event.subject_type != "campaign" or event.outcome != Outcome.SUSPEND:
        return
    found = suspensions.latest(event.subject_id)
    if found is not None and found.is_standing:
        moderator = people.actor(event.moderator_id)
        suspending.lift(moderator, event.subject_id, words=event.words, now=clock.now())
