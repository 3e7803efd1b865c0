"""Asks for the risk report of a request, and reads what lies on the reviewers' desk."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from marketplace.infra.commands import command, step
from marketplace.infra.database import flush
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed
from marketplace.loans.four_eyes import NO_REPORT, Desk
from marketplace.loans.models import Loan
from marketplace.loans.pricing import LoanTerms, indicative, monthly_burden
from marketplace.loans.queries import products
from marketplace.loans.queries.review_facts import Record, record
from marketplace.loans.services.moving import locked_loan
from marketplace.loans.states import LOAN, LoanState
from marketplace.risk import queries as risk
from marketplace.risk.facts import Facts
from marketplace.risk.queries import Standing
from marketplace.risk.services import asking
from marketplace.risk.services.asking import Question

PURPOSE: Final = "credit_decision"
_REVIEWERS: Final = {
    LoanState.SUBMITTED: "first_reviewer",
    LoanState.FIRST_PASSED: "second_reviewer",
}


@step
def ask_for_report(loan: Loan, actor: Actor, *, now: datetime, anew: bool = False) -> None:
    """Ask for a report on the request as it is; a fresh one on the same facts will do."""
    flush()
    facts = _facts(loan, record(loan.borrower_id), now)
    asking.ask(actor, Question(loan.id, PURPOSE, facts), now=now, anew=anew)


@command
def ask_anew(actor: Actor, loan_id: UUID, *, now: datetime) -> None:
    """Ask the sources again, as the reviewer whose turn it is; until they answer, nobody passes."""
    loan = locked_loan(loan_id)
    role = _REVIEWERS.get(LoanState(loan.state))
    if role is None:
        raise IllegalMove(
            "loan", loan.state, "ask_report", LOAN.moves(LoanState(loan.state), by=())
        )
    if not actor.has(role):
        raise NotAllowed(role)
    ask_for_report(loan, actor, now=now, anew=True)


def desk_of(standing: Standing | None, now: datetime) -> Desk:
    """Return what lies on the desk."""
    if standing is None:
        return NO_REPORT
    return Desk(
        report_id=standing.report_id,
        outcome=standing.outcome,
        grade=standing.grade,
        is_waiting=standing.is_waiting,
        is_fresh=standing.is_fresh(now),
    )


@step
def desk(loan: Loan, *, now: datetime) -> Desk:
    """Return what lies on the desk about a case."""
    return desk_of(risk.standing(loan.id), now)


def _facts(loan: Loan, known: Record, now: datetime) -> Facts:
    terms = LoanTerms(
        amount=loan.amount,
        annual_rate=_rate_in_the_middle(loan.product_id),
        instalments=loan.instalments,
        origination_fee_bps=loan.origination_fee_bps,
        method=loan.method,
        day_count=loan.day_count,
        rounding_mode=loan.rounding_mode,
        period=loan.period,
    )
    cost = indicative(terms, now.date())
    return Facts(
        person_id=loan.borrower_id,
        name=known.name,
        currency=loan.currency,
        amount_minor=loan.amount_minor,
        instalment_minor=monthly_burden(cost, loan.term_months).minor,
        months=loan.term_months,
        income_minor=loan.income_minor,
        obligations_minor=loan.obligations_minor,
        employment=loan.employment,
        employed_years=loan.employed_years,
        loans_repaid=known.loans_repaid,
        bills_late=known.bills_late,
    )


def _rate_in_the_middle(product_id: UUID) -> Decimal:
    """Return the rate of the middle grade: what a loan costs is not known before it is graded."""
    grades = products.grades(product_id)
    return grades[len(grades) // 2].rate_middle
