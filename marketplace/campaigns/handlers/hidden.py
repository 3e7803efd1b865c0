"""What happens to updates and comments when a moderator's decision about them has its effect."""

from __future__ import annotations

from typing import Final

from marketplace.campaigns.services import telling
from marketplace.community.services import commenting
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.moderation.events import DecisionEffective, DecisionOverturned
from marketplace.moderation.states import Outcome

# What a report calls it, in the words that stand in the place of what was hidden.
_CODES: Final = {
    "private": "private_facts",
    "insult": "insult",
    "spam": "spam",
    "misleading": "off_topic",
    "other": "off_topic",
}


def carry_out(event: DecisionEffective) -> None:
    """Hide an update or a comment that was decided to be hidden."""
    if event.outcome != Outcome.HIDE:
        return
    moderator = people.actor(event.moderator_id)
    if event.subject_type == "comment":
        code = _CODES.get(event.code, "unlawful")
        commenting.hide(moderator, event.subject_id, code=code, now=clock.now())
    elif event.subject_type == "update":
        telling.hide_update(moderator, event.subject_id, clock.now())


def take_back(event: DecisionOverturned) -> None:
    """Show again what an appeal was right about."""
    if event.outcome != Outcome.HIDE:
        return
    moderator = people.actor(event.moderator_id)
    if event.subject_type == "comment":
        commenting.show(moderator, event.subject_id)
    elif event.subject_type == "update":
        telling.show_update(moderator, event.subject_id)
