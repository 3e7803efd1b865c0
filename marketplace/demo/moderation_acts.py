"""What is reported in the demo world, and what a moderator decides about it.

Everything here has form keys of its own: the rest of the world is not changed by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries import one
from marketplace.demo.script import Project
from marketplace.demo.stage import Agenda, Stage
from marketplace.infra.database import db
from marketplace.moderation import queries
from marketplace.moderation.services import deciding, reporting
from marketplace.moderation.services.reporting import Subject

_DECIDED_AFTER: Final = 2  # days
_UNDO_IS_OVER: Final = 1  # minutes


@dataclass(frozen=True, slots=True)
class _Affair:
    """What is said about a project so many days after its launch, and what is decided."""

    day: int
    said: tuple[tuple[str, str], ...]
    outcome: str
    code: str
    words: str


_AFFAIRS: Final = {
    "Seed Ledger": _Affair(
        18,
        (
            ("misleading", "The drawers in the picture stand in our museum. I dust them."),
            ("not_its_own", "This picture is from a magazine of 2019, page 40."),
            ("misleading", "I asked twice where the seeds are kept and got no answer."),
        ),
        "suspend",
        "misleading",
        "Three people say that the drawers in the pictures are not yours. Until you have shown us"
        " pictures of your own, and where the seeds are kept, nothing of the money moves.",
    ),
    "Inkwell Dice": _Affair(
        5,
        (("spam", "I see this everywhere."),),
        "dismiss",
        "",
        "",
    ),
}


def stage_affair(stage: Stage, project: Project, campaign_id: UUID, on_day: Agenda) -> None:
    """Put on the agenda what is reported about a project, if anything is."""
    affair = _AFFAIRS.get(project.title)
    if affair is None:
        return
    day = project.launch_day + affair.day
    on_day(day, partial(_report, stage, campaign_id, affair))
    on_day(day + _DECIDED_AFTER, partial(_decide, stage, campaign_id, affair))


def _report(stage: Stage, campaign_id: UUID, affair: _Affair) -> None:
    found, crowd = one.campaign(campaign_id), stage.keys("crowd")
    db.session.rollback()
    subject = Subject("campaign", campaign_id, found.sponsor_id, found.title)
    for number, (code, words) in enumerate(affair.said):
        # The first has no account.
        reporter = stage.cast[crowd[-number]].known() if number else None
        reporting.report(
            reporter,
            subject,
            code=code,
            words=words,
            form_key=f"affair-{campaign_id}-{number}",
            now=stage.now,
        )


def _decide(stage: Stage, campaign_id: UUID, affair: _Affair) -> None:
    cases = [case.id for case in queries.queue("report") if case.subject_id == campaign_id]
    db.session.rollback()
    for case_id in cases:
        deciding.decide(
            stage.cast["moderator"],
            case_id,
            outcome=affair.outcome,
            code=affair.code,
            words=affair.words,
            now=stage.now,
        )
    stage.hand.advance(minutes=_UNDO_IS_OVER)
    deciding.take_effect_due(stage.now)
