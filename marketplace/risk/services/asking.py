"""Asks for a report: the question is a row that commits with what needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.infra.commands import step
from marketplace.infra.database import db
from marketplace.infra.jobs import defer
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import new_id
from marketplace.risk import queries
from marketplace.risk.facts import Facts, kinds_told
from marketplace.risk.models import RiskRequest
from marketplace.risk.services.answering import fetch_job


@dataclass(frozen=True, slots=True)
class Question:
    """What a report is wanted about, and what for."""

    subject_id: UUID
    purpose: str
    facts: Facts


@step
def ask(actor: Actor, question: Question, *, now: datetime, anew: bool = False) -> UUID:
    """Ask both sources, unless they are being asked or have just answered the same question.

    `anew` asks even then. Returns the id of the question that stands.
    """
    known = queries.standing(question.subject_id)
    same = known is not None and known.facts_hash == question.facts.fingerprint
    if known is not None and known.is_waiting:
        if same:
            return known.request_id
        _drop(known.request_id, now)
    elif known is not None and same and known.is_fresh(now) and not anew:
        return known.request_id
    request_id = new_id()
    db.session.add(
        RiskRequest(
            id=request_id,
            subject_id=question.subject_id,
            person_id=question.facts.person_id,
            purpose=question.purpose,
            kinds=kinds_told(),
            facts=question.facts.stored(),
            facts_hash=question.facts.fingerprint,
            asked_by=actor.label,
            asked_by_id=actor.person_id,
            asked_at=now,
            not_before=now,
        )
    )
    defer(fetch_job, request_id=str(request_id))
    return request_id


@step
def _drop(request_id: UUID, now: datetime) -> None:
    """End a question whose facts have changed before it was answered."""
    query = select(RiskRequest).where(RiskRequest.id == request_id).with_for_update()
    request = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if request.closed_at is None:
        request.closed_at, request.trouble = now, "facts_changed"
        db.session.flush()
