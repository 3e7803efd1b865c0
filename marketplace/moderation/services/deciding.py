"""Deciding on a case: ten seconds to take it back, then it has its effect.

The row of the case is the lock: of two moderators at once one decides, the other is told so. A
decision is announced when it can be undone no more; who owns the subject does what was decided.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db
from marketplace.infra.events import announce
from marketplace.kernel.actors import CLOCK, Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.moderation import rules
from marketplace.moderation.events import CaseDecided, DecisionEffective, DecisionOverturned
from marketplace.moderation.models import Case, Decision
from marketplace.moderation.services.opening import move_case
from marketplace.moderation.states import CaseKind, CaseState, Outcome


@command
def decide(
    actor: Actor, case_id: UUID, *, outcome: str, code: str = "", words: str = "", now: datetime
) -> UUID:
    """Decide on a case; returns the decision, which can be undone for ten seconds."""
    return decide_on(actor, _locked(case_id), outcome=outcome, code=code, words=words, now=now)


@step
def decide_on(
    actor: Actor, case: Case, *, outcome: str, code: str = "", words: str = "", now: datetime
) -> UUID:
    """As `decide`, as a part of a command of who owns the subject and has asked its own rules."""
    if not actor.has("moderator"):
        raise NotAllowed("campaign.moderate")
    refuse_if(
        rules.decision_refusals(
            kind=case.kind,
            subject_type=case.subject_type,
            outcome=outcome,
            owner_id=case.owner_id,
            moderator_id=actor.known(),
            code=code,
            words=words,
        )
    )
    _insist_on_fresh_eyes(case, actor)
    move_case(case, "decide", by=("moderator",), actor=actor, at=now, reason=outcome)
    made = Decision(
        id=new_id(),
        case_id=case.id,
        moderator_id=actor.known(),
        outcome=outcome,
        code=code,
        words=words.strip(),
        decided_at=now,
        effective_at=now + rules.UNDO_FOR,
    )
    db.session.add(made)
    announce(CaseDecided(made.id))
    return made.id


@command
def undo(actor: Actor, decision_id: UUID, now: datetime) -> None:
    """Take the actor's own decision back, before it has its effect; the case is open again."""
    decision, case = locked_decision(decision_id)
    if decision.undone_at is not None:
        return
    if decision.took_effect_at is not None:
        raise Refusal("undo_too_late")
    refuse_if(
        rules.undo_refusals(
            moderator_id=decision.moderator_id,
            actor_id=actor.known(),
            effective_at=decision.effective_at,
            now=now,
        )
    )
    move_case(case, "undo", by=("moderator",), actor=actor, at=now)
    decision.undone_at = now


def take_effect_due(now: datetime) -> int:
    """Let every decision have its effect whose ten seconds are over; returns how many."""
    sql = """
        SELECT id FROM moderation_decision
        WHERE took_effect_at IS NULL AND undone_at IS NULL AND effective_at <= %s
        ORDER BY effective_at, id
    """
    return sum(_take_effect(found, now) for found in column(sql, (now,)))


@command
def _take_effect(decision_id: UUID, now: datetime) -> bool:
    decision, case = locked_decision(decision_id)
    if decision.undone_at or decision.took_effect_at or case.state != CaseState.DECIDED:
        return False
    decision.took_effect_at = now
    move_case(case, "settle", by=("clock",), actor=CLOCK, at=now)
    case.closed_at = now
    announce(
        DecisionEffective(
            decision.id,
            case.id,
            case.kind,
            case.subject_type,
            case.subject_id,
            decision.outcome,
            decision.code,
            decision.words,
            decision.moderator_id,
        )
    )
    if decision.outcome == Outcome.OVERTURN:
        _overturn(case, decision)
    return True


def _overturn(case: Case, decision: Decision) -> None:
    first = db.session.get(Decision, case.subject_id)
    about = db.session.get(Case, first.case_id) if first else None
    if first is not None and about is not None:
        announce(
            DecisionOverturned(
                first.id,
                about.subject_type,
                about.subject_id,
                first.outcome,
                decision.words,
                decision.moderator_id,
            )
        )


def _insist_on_fresh_eyes(case: Case, actor: Actor) -> None:
    """An appeal is decided by somebody else than who decided first."""
    if case.kind != CaseKind.APPEAL:
        return
    first = db.session.get(Decision, case.subject_id)
    if first is not None and first.moderator_id == actor.known():
        raise Refusal("appeal_needs_another")


def _locked(case_id: UUID) -> Case:
    found = db.session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(str(case_id))
    return found


@step
def locked_decision(decision_id: UUID) -> tuple[Decision, Case]:
    """Return a decision and its case, the case locked."""
    known = db.session.scalar(select(Decision.case_id).where(Decision.id == decision_id))
    if known is None:
        raise NotFound(str(decision_id))
    case = _locked(known)
    decision = db.session.get(Decision, decision_id, populate_existing=True)
    if decision is None:
        raise NotFound(str(decision_id))
    return decision, case
