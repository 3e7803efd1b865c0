"""By what campaigns of the demo are judged, and what comes after: rounds, more, late pledges."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from marketplace.campaigns.rules.models import Ending
from marketplace.campaigns.rules.stretching import Stretch
from marketplace.campaigns.services import stretching
from marketplace.demo.script import Project
from marketplace.demo.stage import Stage
from marketplace.kernel.actors import Actor
from marketplace.kernel.money import Money

_FIRST_LATE, _LATE_EVERY, _LATE_PLEDGES = 6, 9, 6


def ending(project: Project) -> Ending:
    """Return how the sponsor wants the campaign to end."""
    optimum = Money.of(str(project.optimum), project.currency) if project.optimum else None
    return Ending(
        model=project.model,
        optimum=optimum,
        round_two_days=project.round_two_days or None,
        late_days=project.late_days,
    )


def promise_more(stage: Stage, sponsor: Actor, campaign_id: UUID, project: Project) -> None:
    """Write down what becomes possible with more than the goal."""
    if project.stretch:
        goals = [
            Stretch(Money.of(str(amount), project.currency), title, text)
            for amount, title, text in project.stretch
        ]
        stretching.write_goals(sponsor, campaign_id, goals, now=stage.now)


def reach_more(stage: Stage) -> None:
    """Note which of them so much was raised for."""
    stretching.note_reached(stage.now)


def late_days(project: Project) -> Iterator[int]:
    """Yield how many days after its launch somebody pledges late."""
    for number in range(_LATE_PLEDGES if project.late_days else 0):
        day = _FIRST_LATE + number * _LATE_EVERY
        if day < project.late_days:
            yield project.duration + day
