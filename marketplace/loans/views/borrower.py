"""The borrower's desk: requests, the offer, the loan."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, url_for

from marketplace.contracts import queries as contracts
from marketplace.escrow.queries import payee
from marketplace.infra import transitions
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.loans.forms import words
from marketplace.loans.forms.accepting import AcceptForm
from marketplace.loans.forms.lending import ActForm
from marketplace.loans.pricing import quote
from marketplace.loans.queries import autopay, credit_lines, reviews
from marketplace.loans.queries import borrower as queries
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.services import applying, offering
from marketplace.loans.states import LOAN, LoanState, days_late
from marketplace.loans.views import accepting, figures, on_the_way, running
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.cards import funding_words
from marketplace.loans.views.review_offer import counter_offer
from marketplace.web.declines import decline_words
from marketplace.web.forms import Form
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page, percent, time_left


@bp.get("/my/loans")
@requires("loan.apply")
def my_loans() -> Response:
    """List my requests and loans."""
    return page(
        "loans/my_loans.html",
        rows=[_loan_row(own, clock.today()) for own in queries.own_loans(me().known())],
        lines=credit_lines.own_lines(me().known(), clock.today()),
    )


def _loan_row(own: OwnLoan, today: date) -> dict[str, Any]:
    late = own.next_due_on is not None and own.next_due_on < today
    return {
        "title": own.title or _("Draft"),
        "title_href": url_for("loans.my_loan", ref=own.ref),
        "amount": own.amount if own.amount.is_positive else None,
        "outstanding": own.outstanding if own.disbursed_on else None,
        "next": own.next_due,
        "next_on": own.next_due_on,
        "state": {"label": _("Late"), "tone": "bad"}
        if late
        else {"label": words.LOAN_STATES[own.state], "tone": words.LOAN_TONES[own.state]},
        "_tone": "bad" if late else None,
    }


@bp.get("/my/loans/<string:ref>")
@requires("loan.apply")
def my_loan(ref: str) -> Response:
    """Show my loan: what is next, the figures, the schedule, and all that happened."""
    return _loan_page(_own(ref), ActForm(), 200)


def _loan_page(own: OwnLoan, form: Form, status: int) -> Response:
    today, terms = clock.today(), own.terms
    bills = queries.open_bills(own.id) if own.disbursed_on else []
    cost = quote(terms, own.disbursed_on or today) if terms else None
    decided = reviews.reviews(own.id) if own.state == LoanState.OFFERED else []
    return page(
        "loans/my_loan.html",
        status,
        own=own,
        form=form,
        accept=accepting.context(own, form, today),
        moves=LOAN.moves(LoanState(own.state), by=("borrower",)),
        cost=cost,
        cost_rows=figures.cost_rows(cost) if cost else [],
        apr=figures.apr_text(cost) if cost else None,
        bar=funding_words(own.reserved, own.amount, _time_left(own)),
        rate=percent(own.annual_rate * 100) if own.annual_rate is not None else None,
        reasons=figures.reason_bars([r for review in decided for r in review.reasons]),
        series=figures.repayment_series(),
        bill=bills[0] if bills else None,
        bill_late=days_late(bills[0].due_on, today) if bills else 0,
        more_bills=len(bills) - 1,
        **running.standing(own, bills, today),
        **on_the_way.of_request(own, transitions.history("loan", own.id), clock.now()),
        payee=payee(own.borrower_id),
        contract=contracts.of_subject(own.id) if own.funded_at else None,
        **_autopay(own, today),
        counter=counter_offer(own.id, terms, today) if own.state == LoanState.OFFERED else None,
        **_line(own),
    )


def _line(own: OwnLoan) -> dict[str, Any]:
    """Return the credit line a loan was drawn on or granted, and what an offer of one would be."""
    line_id = own.line_id
    if own.state == LoanState.GRANTED:
        line_id = credit_lines.of_application(own.id)
    asked = own.asks_line and own.state == LoanState.OFFERED
    return {
        "line_ref": public_id(credit_lines.PREFIX, line_id) if line_id else None,
        "line_offer": credit_lines.offered_line(own.id) if asked else None,
    }


def _autopay(own: OwnLoan, today: date) -> dict[str, Any]:
    """Return how autopay stands: what the card is charged next, or why it was not."""
    found = autopay.mandate(own.id) if own.state == LoanState.ACTIVE else None
    is_on = found is not None and found.is_on
    declined = found.decline_reason if found is not None and is_on and found.declined_at else None
    return {
        "mandate": found if is_on else None,
        "charged_on": found.next_on(today) if found is not None and is_on else None,
        "declined": decline_words(declined) if declined else None,
    }


def _time_left(own: OwnLoan) -> str:
    return time_left(own.funding_until) if own.funding_until else ""


@bp.post("/my/loans/<string:ref>/accept")
@requires("loan.apply")
def accept_offer(ref: str) -> Response:
    """Accept the terms offered."""
    own, form = _own(ref), AcceptForm()
    form.take_least.currency = own.currency
    if form.ready() and form.succeeds(
        lambda: offering.accept(me(), own.id, take_least=form.take_least.money, now=clock.now())
    ):
        return _accepted(own)
    return _loan_page(own, form, 422)


def _accepted(own: OwnLoan) -> Response:
    if own.asks_line:
        return done(url_for("loans.my_lines"), _("Your credit line is open. You can draw on it."))
    return done(
        url_for("loans.my_loan", ref=own.ref), _("Your loan is listed. Lenders can invest now.")
    )


@bp.post("/my/loans/<string:ref>/call-off")
@requires("loan.apply")
def call_off_loan(ref: str) -> Response:
    """Take an accepted loan back before the money is on its way."""
    own, form = _own(ref), ActForm()
    if form.ready() and form.succeeds(lambda: applying.call_off(me(), own.id, now=clock.now())):
        return done(
            url_for("loans.my_loan", ref=ref),
            _("You called the loan off. Every lender gets the money back; you owe nothing."),
        )
    return _loan_page(own, form, 422)


@bp.post("/my/loans/<string:ref>/withdraw")
@requires("loan.apply")
def withdraw_request(ref: str) -> Response:
    """Take a request back, or turn an offer down."""
    own, form = _own(ref), ActForm()
    if form.ready() and form.succeeds(lambda: applying.withdraw(me(), own.id, now=clock.now())):
        return done(
            url_for("loans.my_loan", ref=ref), _("The request is withdrawn. It cost you nothing.")
        )
    return _loan_page(own, form, 422)


def _own(ref: str) -> OwnLoan:
    return queries.own_loan(parse_public_id("ln", ref), me().known())
