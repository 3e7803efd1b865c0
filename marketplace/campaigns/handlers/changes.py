"""What becomes of a proposed change when a moderator's decision has its effect."""

from __future__ import annotations

from marketplace.campaigns.services import changing
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.moderation.events import DecisionEffective, DecisionOverturned
from marketplace.moderation.states import Outcome


def carry_out(event: DecisionEffective) -> None:
    """Put the change in force, or let it not through."""
    if event.subject_type != changing.SUBJECT:
        return
    moderator, now = people.actor(event.moderator_id), clock.now()
    if event.outcome == Outcome.APPROVE:
        changing.approve(moderator, event.subject_id, now)
    elif event.outcome == Outcome.REFUSE:
        changing.refuse(moderator, event.subject_id, words=event.words, now=now)


def take_back(event: DecisionOverturned) -> None:
    """Put a change in force that was refused, and an appeal was right about."""
    if event.subject_type == changing.SUBJECT and event.outcome == Outcome.REFUSE:
        changing.approve(people.actor(event.moderator_id), event.subject_id, clock.now())
