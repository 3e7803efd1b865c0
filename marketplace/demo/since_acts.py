"""What sponsors of the demo say of their timelines while they are at work: done, or later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from marketplace.campaigns.rules.since import Mark
from marketplace.campaigns.services import timekeeping
from marketplace.demo.stage import Stage, actor_of
from marketplace.infra.database import db, rows
from marketplace.kernel.days import add_months

_DAY_OF_MONTH: Final = 20
_LATE_EVERY: Final = 7
_REASON: Final = (
    "The workshop got the last delivery two weeks late, and we do not want to hurry what comes"
    " after it. Everything else stays as it was."
)
_DUE: Final = """
    SELECT t.campaign_id, t.position, t.month, t.moved_at IS NOT NULL AS has_moved,
        c.sponsor_id AS person_id
    FROM timeline_step t JOIN campaign c ON c.id = t.campaign_id
    JOIN person p ON p.id = c.sponsor_id
    WHERE c.state IN ('funded', 'paid_out') AND t.done_at IS NULL AND t.month <= %s
        AND p.email LIKE '%%@demo.example'
    ORDER BY t.campaign_id, t.position
"""


@dataclass(frozen=True, slots=True)
class _Due:
    campaign_id: UUID
    position: int
    month: date
    has_moved: bool
    person_id: UUID


def keep_time(stage: Stage) -> None:
    """Once a month, let sponsors say what is done; some need a month more for a step."""
    if stage.now.day != _DAY_OF_MONTH:
        return
    found = rows(_DUE, (stage.now.date(),), into=_Due)
    db.session.rollback()
    for each in found:
        is_late = not each.has_moved and (each.campaign_id.int + each.position) % _LATE_EVERY == 0
        mark = Mark(add_months(each.month, int(is_late)), is_done=not is_late)
        stage.pass_minutes(0, 2)
        timekeeping.mark_steps(
            actor_of(each.person_id),
            each.campaign_id,
            {each.position: mark},
            reason=_REASON,
            now=stage.now,
        )
