"""Two people decide on a request, one after the other: never the same, never the borrower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.days import months_of
from marketplace.kernel.errors import NotAllowed, Refusal, refuse_if
from marketplace.kernel.money import Money
from marketplace.loans.events import LoanDeclined, LoanFirstPassed, LoanOffered
from marketplace.loans.four_eyes import (
    Desk,
    Offer,
    Wished,
    checks_needed,
    made_offer_refusals,
    pass_refusals,
)
from marketplace.loans.models import Loan, LoanGrade, LoanProduct, LoanReview
from marketplace.loans.queries import review_facts, reviews
from marketplace.loans.rules import decline_refusals, reviewer_refusals
from marketplace.loans.services import assessing, claiming, exposing, valuing
from marketplace.loans.services.applying import adopt_terms
from marketplace.loans.services.moving import locked_loan, move_loan
from marketplace.loans.states import LoanState

_FIRST, _SECOND = "first_reviewer", "second_reviewer"
_STAGES: Final[Mapping[str, str]] = {_FIRST: "first", _SECOND: "second"}


@command
def pass_on(
    actor: Actor, loan_id: UUID, *, checked: Sequence[str], notes: str, now: datetime
) -> None:
    """First review: report and checklist were seen; hand over to a second person."""
    loan = case(actor, loan_id, _FIRST, now)
    desk = assessing.desk(loan, now=now)
    refuse_if([*valuing.pass_refusals(loan, now=now), *pass_refusals(checked, notes, desk)])
    move_loan(loan, "pass", by=(_FIRST,), actor=actor, at=now)
    loan.first_reviewer_id = actor.known()
    # What this case did not ask for says nothing about it.
    said = Said("passed", notes, checked=checks_needed(desk.outcome))
    write(loan, actor, _FIRST, said, desk, now=now)
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
    amount: Money | None = None,
    instalments: int | None = None,
    deviation: str = "",
    counter_code: str | None = None,
    now: datetime,
) -> None:
    """Second review: set grade and rate within the grade's band, with reasons; offer the loan.

    The grade is the score's, unless `deviation` says why not. With a smaller `amount` or other
    `instalments` than asked it is a counter-offer, whose `counter_code` the borrower reads.
    """
    loan = case(actor, loan_id, _SECOND, now)
    made = Offer(
        grade=grade,
        annual_rate=annual_rate,
        amount=amount or loan.amount,
        instalments=instalments or loan.instalments,
        reasons=reasons,
        deviation=deviation,
        counter_code=counter_code,
    )
    desk = assessing.desk(loan, now=now)
    facts = _put_to_borrower(loan, made, desk, actor, now)
    write(loan, actor, _SECOND, Said("offered", notes, reasons=reasons, facts=facts), desk, now=now)
    announce(LoanOffered(loan.id, loan.borrower_id))


@step
def _put_to_borrower(
    loan: Loan, made: Offer, desk: Desk, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Check the offer, write it on the loan and return what is recorded of it."""
    product = db.session.get_one(LoanProduct, loan.product_id)
    wished = Wished(loan.amount, loan.instalments, product.limits)
    band = db.session.get(LoanGrade, (product.id, made.grade))
    if band is None:
        raise Refusal("offer_grade_missing", "grade")
    refuse_if(
        [
            *made_offer_refusals(made, wished, desk, band.rate_from, band.rate_to),
            *valuing.offer_refusals(loan, actor, made.amount, now=now),
        ]
    )
    exposing.insist_room(loan, made.amount)
    move_loan(loan, "offer", by=(_SECOND,), actor=actor, at=now)
    adopt_terms(loan, product)
    _take_over(loan, made, wished, product)
    loan.second_reviewer_id, loan.loss_rate = actor.known(), band.loss_rate
    loan.offered_at, loan.offer_until = now, now + timedelta(days=product.offer_days)
    return _offered(made, wished, desk)


@command
def decline(actor: Actor, loan_id: UUID, *, reason_code: str, notes: str, now: datetime) -> None:
    """Say no, at either stage, with a reason of the published list that the borrower will read."""
    first = locked_loan(loan_id).state == LoanState.SUBMITTED
    role = _FIRST if first else _SECOND
    loan = case(actor, loan_id, role, now)
    refuse_if(decline_refusals(reason_code))
    move_loan(loan, "decline", by=(role,), actor=actor, at=now, reason=reason_code)
    if first:
        loan.first_reviewer_id = actor.known()
    else:
        loan.second_reviewer_id = actor.known()
    loan.decline_code, loan.closed_at = reason_code, now
    said = Said("declined", notes, reason_code=reason_code)
    write(loan, actor, role, said, assessing.desk(loan, now=now), now=now)
    announce(LoanDeclined(loan.id, loan.borrower_id, reason_code))


@step
def case(actor: Actor, loan_id: UUID, role: str, now: datetime) -> Loan:
    """Return the locked case if this person may decide on it; the machine checks the state."""
    loan = locked_loan(loan_id)
    if not actor.has(role):
        raise NotAllowed(role)
    earlier = loan.first_reviewer_id if role == _SECOND else None
    refuse_if(
        reviewer_refusals(actor.known(), loan.borrower_id, earlier)
        or claiming.other_stage_refusals(loan, actor, _STAGES[role])
    )
    claiming.insist_free(loan, actor, now=now)
    return loan


def _take_over(loan: Loan, made: Offer, wished: Wished, product: LoanProduct) -> None:
    """Write the offer on the loan; what was asked for is kept where it was something else."""
    loan.grade, loan.annual_rate = made.grade, made.annual_rate
    loan.wished_minor = loan.wished_instalments = loan.counter_code = None
    if made.differs(wished):
        loan.wished_minor, loan.wished_instalments = wished.amount.minor, wished.instalments
        loan.counter_code = made.counter_code
    loan.amount_minor, loan.instalments = made.amount.minor, made.instalments
    loan.term_months = months_of(made.instalments, product.period)


def _offered(made: Offer, wished: Wished, desk: Desk) -> dict[str, Any]:
    return {
        "grade": made.grade,
        "score_grade": desk.grade,
        "deviation": made.deviation.strip() if made.grade != desk.grade else None,
        "annual_rate": made.annual_rate,
        "amount_minor": made.amount.minor,
        "instalments": made.instalments,
        "counter_code": made.counter_code if made.differs(wished) else None,
    }


@dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer decided, and why."""

    decision: str
    notes: str
    checked: Sequence[str] = ()
    reasons: Sequence[str] = ()
    reason_code: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@step
def write(loan: Loan, actor: Actor, role: str, said: Said, desk: Desk, *, now: datetime) -> None:
    """Append the decision with the case as it was read; the case is free for others again."""
    claiming.drop(loan)
    stage = _STAGES[role]
    db.session.add(
        LoanReview(
            loan_id=loan.id,
            stage=stage,
            round=reviews.next_round(loan.id, stage),
            reviewer_id=actor.known(),
            decision=said.decision,
            reason_code=said.reason_code,
            checked=list(said.checked),
            reasons=list(said.reasons),
            notes=said.notes.strip(),
            risk_report_id=desk.report_id,
            snapshot=review_facts.snapshot(loan.id),
            at=now,
            **said.facts,
        )
    )
    db.session.flush()  # the database has its own say about who may decide
