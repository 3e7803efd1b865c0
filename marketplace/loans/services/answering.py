"""Saving the answers of an application, group by group, as incomplete as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.days import months_of
from marketplace.kernel.errors import IllegalMove
from marketplace.loans.answers import Collateral, Credit, Person, Wish
from marketplace.loans.models import Loan, LoanApplicant, LoanCollateral
from marketplace.loans.services.applying import adopt_terms, product_of
from marketplace.loans.services.moving import locked_loan
from marketplace.loans.states import ANSWERABLE, LOAN, LoanState

Answers = Person | Credit | Collateral | Wish
_NOTHING: Final[Mapping[str, str]] = {}


@command
def answer(
    actor: Actor,
    loan_id: UUID,
    answers: Answers,
    *,
    unread: Mapping[str, str | None] = _NOTHING,
    now: datetime,
) -> None:
    """Save the answers of one group; those of the other groups stay as they are.

    `unread` holds each field of the group: as typed where it could not be read, else None.
    """
    loan = answerable(loan_id, actor)
    applicant = applicant_of(loan, now=now)
    match answers:
        case Person():
            _save_person(loan, applicant, answers)
        case Credit():
            _save_credit(loan, applicant, answers)
        case Collateral():
            _save_collateral(loan, answers, now)
        case Wish():
            _save_wish(loan, answers)
    kept = {name: text for name, text in applicant.unread.items() if name not in unread}
    applicant.unread = kept | {name: text for name, text in unread.items() if text is not None}
    applicant.saved_at = loan.changed_at = now


@step
def answerable(loan_id: UUID, actor: Actor) -> Loan:
    """Return my locked application while it may be changed: as a draft, or when returned."""
    loan = locked_loan(loan_id, borrower_id=actor.known())
    state = LoanState(loan.state)
    if state not in ANSWERABLE:
        raise IllegalMove("loan", state.value, "change", LOAN.moves(state, by=("borrower",)))
    return loan


@step
def applicant_of(loan: Loan, *, now: datetime) -> LoanApplicant:
    """Return the row of who asks; the first time, an empty one."""
    found = db.session.get(LoanApplicant, loan.id)
    if found is None:
        found = LoanApplicant(loan_id=loan.id, unread={}, saved_at=now)
        db.session.add(found)
    return found


def _save_person(loan: Loan, applicant: LoanApplicant, person: Person) -> None:
    applicant.legal_name, applicant.born_on = person.legal_name, person.born_on
    applicant.phone, applicant.street = person.phone, person.street
    applicant.postal_code, applicant.city = person.postal_code, person.city
    applicant.country, applicant.dependants = person.country, person.dependants
    loan.housing = person.housing


def _save_credit(loan: Loan, applicant: LoanApplicant, credit: Credit) -> None:
    loan.employment, loan.employed_years = credit.employment, credit.employed_years
    loan.income_minor = credit.income.minor
    loan.obligations_minor = credit.obligations.minor
    applicant.employer = credit.employer
    applicant.housing_cost_minor = credit.housing_cost.minor
    applicant.debts_minor = credit.debts.minor


@step
def _save_collateral(loan: Loan, pledged: Collateral, now: datetime) -> None:
    kept = db.session.get(LoanCollateral, loan.id)
    if kept is None:
        kept = LoanCollateral(loan_id=loan.id)
        db.session.add(kept)
    kept.kind, kept.description = pledged.kind, pledged.description
    kept.value_minor, kept.owner = pledged.value.minor, pledged.owner
    kept.office, kept.number = pledged.office, pledged.number
    kept.saved_at = now


@step
def _save_wish(loan: Loan, wish: Wish) -> None:
    product = product_of(wish.product, loan.currency)
    loan.product_id = product.id
    loan.amount_minor, loan.instalments = wish.amount.minor, wish.instalments
    loan.term_months = months_of(wish.instalments, product.period)
    loan.purpose, loan.title, loan.story = wish.purpose, wish.title, wish.story
    adopt_terms(loan, product)
