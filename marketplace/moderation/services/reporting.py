"""Anybody may say that something is wrong; all reports about one thing are one case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.moderation import rules
from marketplace.moderation.models import Report
from marketplace.moderation.services.opening import open_case
from marketplace.moderation.states import CaseKind


@dataclass(frozen=True, slots=True)
class Subject:
    """What is reported: what kind of thing, which, whose, and what to call it."""

    type: str
    id: UUID
    owner_id: UUID
    title: str


@command
def report(
    reporter_id: UUID | None,
    subject: Subject,
    *,
    code: str,
    words: str,
    form_key: str,
    now: datetime,
) -> None:
    """Put a report before the moderators; a case becomes more urgent with what is said in it.

    The same form again changes nothing. Refuses a person's own thing, and a second report by the
    same person while the first is not decided.
    """
    refuse_if(rules.report_refusals(code, words, owner_id=subject.owner_id, actor_id=reporter_id))
    case = open_case(
        CaseKind.REPORT,
        subject.type,
        subject.id,
        owner_id=subject.owner_id,
        title=subject.title,
        now=now,
    )
    known = list(db.session.scalars(select(Report).where(Report.case_id == case.id)))
    if any(one.form_key == form_key for one in known):
        return
    if reporter_id is not None and any(one.reporter_id == reporter_id for one in known):
        raise Refusal("reported_already")
    db.session.add(
        Report(
            id=new_id(),
            case_id=case.id,
            reporter_id=reporter_id,
            form_key=form_key,
            code=code,
            words=words.strip(),
            at=now,
        )
    )
    case.priority = rules.report_priority([code, *(one.code for one in known)])
