"""Who looks at the projects of the demo, and by which links their backers come.

Visits have dice of their own: the rest of the world is not changed by them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import partial
from typing import Final
from uuid import UUID

from marketplace.campaigns.rules.sources import TAG
from marketplace.campaigns.services import counting
from marketplace.demo.script import Project
from marketplace.demo.stage import Agenda, Stage
from marketplace.kernel.actors import ANONYMOUS

# Counted once in so many days, all at once: a sponsor reads sums.
_EVERY_DAYS: Final = 9
# Visits in that time, at least and at most; a campaign that goes well is looked at more.
_VISITS: Final[Mapping[str, tuple[int, int]]] = {
    "direct": (20, 60),
    "site": (40, 110),
    "search": (10, 45),
    "social": (15, 90),
    f"{TAG}newsletter": (25, 60),
    f"{TAG}radio": (5, 20),
}
# Of so many visits one begins a pledge, by how much who comes knows already.
_BEGIN: Final[Mapping[str, int]] = {f"{TAG}newsletter": 4, f"{TAG}radio": 6, "social": 14}
_BEGIN_ELSE: Final = 9
# Of ten pledges in a row these come by a sponsor's link.
_TAGGED: Final = {1: "newsletter", 4: "newsletter", 6: "radio", 9: "newsletter"}


def stage_visits(
    stage: Stage, project: Project, number: int, campaign_id: UUID, on_day: Agenda
) -> None:
    """Put on the agenda how many look at a campaign while it can be backed."""
    dice = random.Random(f"visits-{number}")
    for day in range(1, project.duration - 1, _EVERY_DAYS):
        on_day(project.launch_day + day, partial(_look, stage, project, campaign_id, dice))


def tag_of_pledge(number: int) -> str | None:
    """Return by which of the sponsor's links the backer with this number comes, if by one."""
    return _TAGGED.get(number % 10)


def _look(stage: Stage, project: Project, campaign_id: UUID, dice: random.Random) -> None:
    for source, (least, most) in _VISITS.items():
        visits = max(dice.randint(least, most) * project.reach // 100, 1)
        starts = visits // _BEGIN.get(source, _BEGIN_ELSE)
        for step, times in (("visit", visits), ("start", starts)):
            counting.count(
                ANONYMOUS, campaign_id, source=source, step=step, times=times, now=stage.now
            )
