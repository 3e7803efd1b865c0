"""The borrower's side before a review: draft, change, send in, withdraw."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.days import months_of
from marketplace.kernel.errors import IllegalMove, Refusal, refuse_if
from marketplace.kernel.ids import LoanId, new_id
from marketplace.loans.events import LoanSubmitted
from marketplace.loans.models import Loan, LoanProduct
from marketplace.loans.models.terms import TERMS
from marketplace.loans.rules import Request, request_refusals
from marketplace.loans.services import assessing, exposing
from marketplace.loans.services.moving import locked_loan, move_loan, once
from marketplace.loans.states import IN_REVIEW, LOAN, LoanState

_BORROWER = ("borrower",)


@command
def draft(actor: Actor, asked: Request, *, form_key: str, now: datetime) -> LoanId:
    """Keep a first draft of a request; the same form again gives the same draft."""
    borrower_id = actor.known()
    once(borrower_id, form_key)
    same = select(Loan.id).where(Loan.borrower_id == borrower_id, Loan.form_key == form_key)
    if (found := db.session.scalars(same).one_or_none()) is not None:
        return LoanId(found)
    product = _product(asked)
    loan = Loan(
        id=new_id(),
        borrower_id=borrower_id,
        form_key=form_key,
        state=LoanState.DRAFT.value,
        created_at=now,
        changed_at=now,
    )
    _fill(loan, asked, product)
    db.session.add(loan)
    return LoanId(loan.id)


@command
def change(actor: Actor, loan_id: UUID, asked: Request, *, now: datetime) -> None:
    """Replace the answers of a draft; nothing else can be changed."""
    loan = locked_loan(loan_id, borrower_id=actor.known())
    if loan.state != LoanState.DRAFT:
        state = LoanState(loan.state)
        raise IllegalMove("loan", state.value, "change", LOAN.moves(state, by=_BORROWER))
    _fill(loan, asked, _product(asked))
    loan.changed_at = now


@command
def submit(actor: Actor, loan_id: UUID, *, now: datetime) -> None:
    """Send a draft to the reviewers; everything that is missing is refused at once.

    Two drafts sent in the same moment wait for each other: one request at a time.
    """
    once(actor.known(), "submit")
    loan = locked_loan(loan_id, borrower_id=actor.known())
    product = db.session.get_one(LoanProduct, loan.product_id)
    refuse_if([*request_refusals(loan.request, product.limits), *_other_request(loan)])
    exposing.insist_room(loan)
    move_loan(loan, "submit", by=_BORROWER, actor=actor, at=now)
    loan.submitted_at = now
    assessing.ask_for_report(loan, actor, now=now)
    announce(LoanSubmitted(loan.id, loan.borrower_id))


@command
def withdraw(actor: Actor, loan_id: UUID, *, now: datetime) -> None:
    """Take a request back before it is listed; declining an offer is the same move."""
    loan = locked_loan(loan_id, borrower_id=actor.known())
    move_loan(loan, "withdraw", by=_BORROWER, actor=actor, at=now)
    loan.closed_at = now


@step
def _product(asked: Request) -> LoanProduct:
    currency = asked.amount.currency
    query = (
        select(LoanProduct)
        .where(
            LoanProduct.code == asked.product,
            LoanProduct.currency == currency,
            LoanProduct.active,
        )
        .order_by(LoanProduct.version.desc())
        .limit(1)
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise Refusal("loan_currency_unknown", "currency", currency=currency)
    return found


@step
def _other_request(loan: Loan) -> list[Refusal]:
    query = select(Loan.id).where(
        Loan.borrower_id == loan.borrower_id,
        Loan.id != loan.id,
        Loan.state.in_([state.value for state in IN_REVIEW]),
    )
    return [Refusal("loan_other_open")] if db.session.scalars(query).first() else []


def _fill(loan: Loan, asked: Request, product: LoanProduct) -> None:
    loan.product_id = product.id
    loan.amount_minor, loan.currency = asked.amount.minor, asked.amount.currency
    loan.instalments = asked.instalments
    loan.term_months = months_of(asked.instalments, product.period)
    loan.purpose, loan.title, loan.story = asked.purpose, asked.title, asked.story
    loan.employment, loan.employed_years = asked.employment, asked.employed_years
    loan.housing = asked.housing
    loan.income_minor, loan.obligations_minor = asked.income.minor, asked.obligations.minor
    adopt_terms(loan, product)


def adopt_terms(loan: Loan, product: LoanProduct) -> None:
    """Copy the product's terms onto the loan; done at each draft and, for good, at the offer."""
    for name in TERMS:
        setattr(loan, name, getattr(product, name))
