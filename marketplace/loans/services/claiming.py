"""A reviewer takes a case, so that no colleague works on it at the same time."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra import audit
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, flush
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, Refusal, refuse_if
from marketplace.loans.four_eyes import CLAIM_FOR, claim_refusals
from marketplace.loans.models import Loan, LoanClaim
from marketplace.loans.queries import reviews
from marketplace.loans.rules import reviewer_refusals
from marketplace.loans.services.moving import locked_loan
from marketplace.loans.states import LOAN, LoanState

_STAGES: Final = {
    LoanState.SUBMITTED: ("first", "first_reviewer"),
    LoanState.FIRST_PASSED: ("second", "second_reviewer"),
}


@command
def claim(actor: Actor, loan_id: UUID, *, now: datetime) -> None:
    """Take a case that waits at one's own stage; whoever has it already keeps it longer."""
    loan = locked_loan(loan_id)
    stage, role = _stage(loan)
    if not actor.has(role):
        raise NotAllowed(role)
    refuse_if(
        reviewer_refusals(actor.known(), loan.borrower_id, None)
        + other_stage_refusals(loan, actor, stage)
    )
    insist_free(loan, actor, now=now)
    drop(loan)
    db.session.add(
        LoanClaim(loan_id=loan.id, person_id=actor.known(), claimed_at=now, until=now + CLAIM_FOR)
    )
    audit.record(actor, "review.claim", "loan", loan.id, at=now, stage=stage)


@command
def release(actor: Actor, loan_id: UUID, *, now: datetime) -> None:
    """Give a case back that one has taken; a colleague's stays with the colleague."""
    loan = locked_loan(loan_id)
    held = reviews.claim(loan.id)
    if held is not None and held.person_id == actor.known():
        drop(loan)
        audit.record(actor, "review.release", "loan", loan.id, at=now)


@step
def insist_free(loan: Loan, actor: Actor, *, now: datetime) -> None:
    """Refuse while a colleague works on the case."""
    refuse_if(claim_refusals(reviews.claim(loan.id), actor.known(), now))


@step
def drop(loan: Loan) -> None:
    """Let nobody have the case any more."""
    held = db.session.get(LoanClaim, loan.id)
    if held is not None:
        db.session.delete(held)
        flush()


@step
def other_stage_refusals(loan: Loan, actor: Actor, stage: str) -> list[Refusal]:
    """Return why whoever decided at the other stage, in any round, may not decide at this one."""
    others = reviews.deciders(loan.id, besides=stage)
    return [Refusal("review_same_person")] if actor.known() in others else []


def _stage(loan: Loan) -> tuple[str, str]:
    state = LoanState(loan.state)
    if state not in _STAGES:
        raise IllegalMove("loan", state.value, "claim", LOAN.moves(state, by=()))
    return _STAGES[state]
