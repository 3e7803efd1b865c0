"""The borrower's side of a request: begin, send in, withdraw. Answers are saved by `answering`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.infra import audit
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, flush
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.days import months_of
from marketplace.kernel.errors import IllegalMove, Refusal, refuse_if
from marketplace.kernel.ids import LoanId, new_id
from marketplace.loans.events import LoanSubmitted
from marketplace.loans.models import Loan, LoanProduct
from marketplace.loans.models.terms import TERMS
from marketplace.loans.queries import applications
from marketplace.loans.rules import Request
from marketplace.loans.services import assessing, exposing
from marketplace.loans.services.moving import locked_loan, move_loan, once
from marketplace.loans.states import CALLED_OFF_FROM, IN_REVIEW, LOAN, LoanState

_BORROWER = ("borrower",)


@command
def draft(actor: Actor, asked: Request, *, form_key: str, now: datetime) -> LoanId:
    """Keep a first draft of a request; the same form again gives the same draft.

    Who asked before finds what was told about the person filled in.
    """
    borrower_id = actor.known()
    once(borrower_id, form_key)
    same = select(Loan.id).where(Loan.borrower_id == borrower_id, Loan.form_key == form_key)
    if (found := db.session.scalars(same).one_or_none()) is not None:
        return LoanId(found)
    product = product_of(asked.product, asked.amount.currency)
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
    flush()
    execute(_KNOWN_AGAIN, {"loan": loan.id, "borrower": borrower_id, "now": now})
    return LoanId(loan.id)


_KNOWN_AGAIN = """
    INSERT INTO loan_applicant (loan_id, legal_name, born_on, phone, street, postal_code, city,
        country, dependants, employer, housing_cost_minor, debts_minor, saved_at)
    SELECT %(loan)s, coalesce(a.legal_name, p.name), a.born_on, coalesce(a.phone, ''),
        coalesce(a.street, ''), coalesce(a.postal_code, ''), coalesce(a.city, ''),
        coalesce(a.country, ''), coalesce(a.dependants, 0), coalesce(a.employer, ''),
        -- What the home costs is a part of what this request says is paid a month.
        least(coalesce(a.housing_cost_minor, 0), fresh.obligations_minor),
        coalesce(a.debts_minor, 0), %(now)s
    FROM person p JOIN loan fresh ON fresh.id = %(loan)s LEFT JOIN LATERAL (
        SELECT earlier.* FROM loan_applicant earlier JOIN loan l ON l.id = earlier.loan_id
        WHERE l.borrower_id = p.id AND l.currency = fresh.currency
        ORDER BY l.id DESC LIMIT 1) a ON true
    WHERE p.id = %(borrower)s
"""


@command
def submit(actor: Actor, loan_id: UUID, *, now: datetime) -> None:
    """Send a request to the reviewers; everything that is missing is refused at once.

    Two requests sent in the same moment wait for each other: one at a time.
    """
    once(actor.known(), "submit")
    loan = locked_loan(loan_id, borrower_id=actor.known())
    told = applications.application(loan_id)
    refuse_if([*told.refusals(now.date()), *_other_request(loan)])
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


@command
def call_off(actor: Actor, loan_id: UUID, *, now: datetime) -> None:
    """Take an accepted loan back before its money is on its way; settlement returns every part.

    A second time changes nothing. Nobody can lend to it any more from this moment.
    """
    loan = locked_loan(loan_id, borrower_id=actor.known())
    state = LoanState(loan.state)
    if state not in CALLED_OFF_FROM:
        raise IllegalMove("loan", state.value, "call_off", LOAN.moves(state, by=_BORROWER))
    if loan.withdrawn_at is not None:
        return
    loan.withdrawn_at = loan.changed_at = now
    if state is LoanState.LISTED and loan.funding_until is not None:
        loan.funding_until = min(loan.funding_until, now)
    audit.record(actor, "loan.called_off", "loan", loan.id, at=now, state=state.value)


@step
def product_of(code: str, currency: str) -> LoanProduct:
    """Return the newest version of a product that is offered; a `Refusal` if there is none."""
    query = (
        select(LoanProduct)
        .where(
            LoanProduct.code == code,
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
        Loan.line_id.is_(None),
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
