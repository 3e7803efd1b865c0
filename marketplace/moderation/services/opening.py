"""Putting something before the moderators, and taking it away again: steps for other packages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.infra import transitions
from marketplace.infra.commands import step
from marketplace.infra.database import db, execute
from marketplace.kernel.actors import CLOCK, Actor
from marketplace.kernel.ids import new_id
from marketplace.moderation import rules
from marketplace.moderation.models import Case
from marketplace.moderation.states import CASE, CaseKind, CaseState


@step
def open_case(
    kind: str,
    subject_type: str,
    subject_id: UUID,
    *,
    owner_id: UUID,
    title: str,
    now: datetime,
    priority: int | None = None,
) -> Case:
    """Open a case, or return the one that is open about the same thing."""
    lock = f"moderation:{kind}:{subject_type}:{subject_id}"
    execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (lock,))
    known = standing(kind, subject_type, subject_id)
    if known is not None:
        return known
    made = Case(
        id=new_id(),
        kind=kind,
        subject_type=subject_type,
        subject_id=subject_id,
        owner_id=owner_id,
        title=title[: rules.TITLE_MAX],
        priority=priority or rules.PRIORITIES[CaseKind(kind)],
        state=CaseState.OPEN,
        opened_at=now,
    )
    db.session.add(made)
    db.session.flush()
    return made


@step
def drop_case(kind: str, subject_type: str, subject_id: UUID, now: datetime) -> None:
    """Close a case that needs no decision any more, if there is one."""
    found = standing(kind, subject_type, subject_id)
    if found is not None:
        execute(
            """
            UPDATE moderation_decision SET undone_at = %s
            WHERE case_id = %s AND took_effect_at IS NULL AND undone_at IS NULL
            """,
            (now, found.id),
        )
        move_case(found, "drop", by=("clock",), actor=CLOCK, at=now)
        found.closed_at = now


@step
def standing(kind: str, subject_type: str, subject_id: UUID) -> Case | None:
    """Return the case about this that is not closed, locked."""
    query = (
        select(Case)
        .where(
            Case.kind == kind,
            Case.subject_type == subject_type,
            Case.subject_id == subject_id,
            Case.state != CaseState.CLOSED,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(query).one_or_none()


@step
def move_case(
    case: Case,
    move: str,
    *,
    by: tuple[str, ...],
    actor: Actor,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Move a case on, with its trace."""
    case.state = transitions.go(
        CASE, case.id, case.state, move, by=by, actor=actor, at=at, reason=reason
    ).value
