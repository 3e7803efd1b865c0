"""Two people decide on a request, one after the other: never the same, never the borrower."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, Refusal, refuse_if
from marketplace.loans.events import LoanDeclined, LoanFirstPassed, LoanOffered
from marketplace.loans.models import Loan, LoanGrade, LoanProduct, LoanReview
from marketplace.loans.rules import (
    decline_refusals,
    first_pass_refusals,
    offer_refusals,
    reviewer_refusals,
)
from marketplace.loans.services.applying import adopt_terms
from marketplace.loans.services.moving import locked_loan, move_loan
from marketplace.loans.states import LoanState

_FIRST, _SECOND = "first_reviewer", "second_reviewer"


@command
def pass_on(
    actor: Actor, loan_id: UUID, *, checked: Sequence[str], notes: str, now: datetime
) -> None:
    """First review: everything on the checklist was seen; hand over to a second person."""
    loan = _case(actor, loan_id, _FIRST)
    refuse_if(first_pass_refusals(checked, notes))
    move_loan(loan, "pass", by=(_FIRST,), actor=actor, at=now)
    loan.first_reviewer_id = actor.known()
    _write(loan, actor, "first", "passed", now, checked=checked, notes=notes)
    announce(LoanFirstPassed(loan.id, loan.borrower_id))


@command
def offer(
    actor: Actor,
    loan_id: UUID,
    *,
    grade: str,
    annual_rate: Decimal,
    reasons: Sequence[str],
    notes: str,
    now: datetime,
) -> None:
    """Second review: set grade and rate within the grade's band, with reasons; offer the loan."""
    loan = _case(actor, loan_id, _SECOND)
    product = db.session.get_one(LoanProduct, loan.product_id)
    band = db.session.get(LoanGrade, (product.id, grade))
    if band is None:
        raise Refusal("offer_grade_missing", "grade")
    refuse_if(offer_refusals(annual_rate, band.rate_from, band.rate_to, reasons))
    move_loan(loan, "offer", by=(_SECOND,), actor=actor, at=now)
    adopt_terms(loan, product)
    loan.second_reviewer_id = actor.known()
    loan.grade, loan.annual_rate, loan.loss_rate = grade, annual_rate, band.loss_rate
    loan.offered_at, loan.offer_until = now, now + timedelta(days=product.offer_days)
    _write(loan, actor, "second", "offered", now, reasons=reasons, notes=notes)
    announce(LoanOffered(loan.id, loan.borrower_id))


@command
def decline(actor: Actor, loan_id: UUID, *, reason_code: str, notes: str, now: datetime) -> None:
    """Say no, at either stage, with a reason of the published list that the borrower will read."""
    loan = locked_loan(loan_id)
    first = loan.state == LoanState.SUBMITTED
    role = _FIRST if first else _SECOND
    loan = _case(actor, loan_id, role)
    refuse_if(decline_refusals(reason_code))
    move_loan(loan, "decline", by=(role,), actor=actor, at=now, reason=reason_code)
    if first:
        loan.first_reviewer_id = actor.known()
    else:
        loan.second_reviewer_id = actor.known()
    loan.decline_code, loan.closed_at = reason_code, now
    stage = "first" if first else "second"
    _write(loan, actor, stage, "declined", now, reason_code=reason_code, notes=notes)
    announce(LoanDeclined(loan.id, loan.borrower_id, reason_code))


@step
def _case(actor: Actor, loan_id: UUID, role: str) -> Loan:
    """Return the locked case if this person may decide on it; the machine checks the state."""
    loan = locked_loan(loan_id)
    if not actor.has(role):
        raise NotAllowed(role)
    earlier = loan.first_reviewer_id if role == _SECOND else None
    refuse_if(reviewer_refusals(actor.known(), loan.borrower_id, earlier))
    return loan


@step
def _write(
    loan: Loan,
    actor: Actor,
    stage: str,
    decision: str,
    at: datetime,
    *,
    notes: str,
    checked: Sequence[str] = (),
    reasons: Sequence[str] = (),
    reason_code: str | None = None,
) -> None:
    db.session.add(
        LoanReview(
            loan_id=loan.id,
            stage=stage,
            reviewer_id=actor.known(),
            decision=decision,
            reason_code=reason_code,
            checked=list(checked),
            reasons=list(reasons),
            notes=notes.strip(),
            at=at,
        )
    )
