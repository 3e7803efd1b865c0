"""The borrower's desk: asking for a loan, the offer, the loan, its bills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Response, request, url_for

from marketplace.escrow.queries import payee
from marketplace.infra import transitions
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import Money
from marketplace.loans.forms import words
from marketplace.loans.forms.applying import RequestForm
from marketplace.loans.forms.lending import ActForm
from marketplace.loans.pricing import LoanTerms, Quote, quote
from marketplace.loans.queries import autopay, listing, products, reviews
from marketplace.loans.queries import borrower as queries
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.queries.listing import ScheduleLine
from marketplace.loans.rules import Limits, request_refusals
from marketplace.loans.services import applying, offering, paying
from marketplace.loans.states import LOAN, LoanState, days_late
from marketplace.loans.views import figures, timelines
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.cards import funding_words
from marketplace.loans.views.checkouts import is_paid, to_checkout
from marketplace.web.declines import decline_words
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page, percent, time_left


@bp.route("/borrow/apply", methods=["GET", "POST"])
@requires("loan.apply")
def apply() -> Response:
    """Start a request; it is kept as a draft from the first save."""
    form = RequestForm(currencies=_currencies())
    if not form.ready():
        return _request_page(form, None)
    if _complete(form):
        loan_id = form.attempt(
            lambda: applying.draft(me(), form.asked, form_key=form.key, now=clock.now())
        )
        if loan_id is not None:
            return _kept(public_id("ln", loan_id))
    return _request_page(form, None)


@bp.route("/borrow/apply/<string:ref>", methods=["GET", "POST"])
@requires("loan.apply")
def change_request(ref: str) -> Response:
    """Go on with a draft."""
    own = _own(ref)
    form = RequestForm(currencies=_currencies(), data=_answers(own))
    if form.ready() and _complete(form):
        loan_id, asked = own.id, form.asked
        if form.succeeds(lambda: applying.change(me(), loan_id, asked, now=clock.now())):
            return _kept(ref)
    return _request_page(form, own)


def _kept(ref: str) -> Response:
    if request.form.get("act") == "save":
        return done(url_for("loans.change_request", ref=ref), _("The draft is saved."))
    return done(url_for("loans.check_request", ref=ref))


def _complete(form: RequestForm) -> bool:
    """Whether the request may go on: a draft always, a finished one if nothing is missing."""
    if request.form.get("act") == "save":
        return True
    limits = _limits(form.asked.amount.currency)
    found = request_refusals(form.asked, limits)
    for refusal in found:
        form.refuse(refusal)
    return not found


def _request_page(form: RequestForm, own: OwnLoan | None) -> Response:
    offers = products.products()
    chosen = next((o for o in offers if o.currency == form.currency.data), offers[0])
    return page(
        "loans/apply.html",
        422 if form.is_submitted() else 200,
        form=form,
        own=own,
        limits=chosen.limits,
    )


def _currencies() -> list[str]:
    return [offer.currency for offer in products.products()]


def _limits(currency: str) -> Limits:
    return next(o.limits for o in products.products() if o.currency == currency)


def _answers(own: OwnLoan) -> dict[str, Any]:
    facts = {
        name: getattr(own, name)
        for name in (
            *("currency", "instalments", "purpose", "title", "story"),
            *("employment", "employed_years", "housing"),
        )
    }
    sums = {"amount": own.amount, "income": own.income, "obligations": own.obligations}
    return facts | {name: sum_ if sum_.is_positive else None for name, sum_ in sums.items()}


@bp.get("/borrow/apply/<string:ref>/check")
@requires("loan.apply")
def check_request(ref: str) -> Response:
    """Show all answers once more before they are sent."""
    return _check_page(_own(ref), ActForm(), 200)


@bp.post("/borrow/apply/<string:ref>/check")
@requires("loan.apply")
def send_request(ref: str) -> Response:
    """Send the request to the reviewers."""
    own, form = _own(ref), ActForm()
    if form.ready() and form.succeeds(lambda: applying.submit(me(), own.id, now=clock.now())):
        return done(
            url_for("loans.my_loan", ref=ref),
            _("Your request is with the first reviewer. You will hear from us by mail."),
        )
    return _check_page(own, form, 422)


def _check_page(own: OwnLoan, form: ActForm, status: int) -> Response:
    grades = products.grades(own.product_id)
    guesses = [
        (grade, _quote_at(own, grade.rate_middle)) for grade in grades if grade.grade in "ADG"
    ]
    return page(
        "loans/check.html",
        status,
        own=own,
        form=form,
        guesses=[_guess_row(grade, cost) for grade, cost in guesses if cost is not None],
        sendable=LOAN.can(LoanState(own.state), "submit", by=("borrower",)),
    )


def _guess_row(grade: products.Grade, cost: Quote) -> dict[str, Any]:
    return {
        "grade": _(
            "%(grade)s, at %(rate)s", grade=grade.grade, rate=percent(grade.rate_middle * 100)
        ),
        "instalment": cost.instalment,
        "total": cost.total,
        "cost": cost.cost,
    }


def _quote_at(own: OwnLoan, rate: Any) -> Quote | None:  # noqa: ANN401 - Decimal
    if not own.amount.is_positive or not own.instalments:
        return None
    terms = LoanTerms(
        own.amount,
        rate,
        own.instalments,
        own.origination_fee_bps,
        own.method,
        own.day_count,
        own.rounding_mode,
        own.period,
    )
    return quote(terms, clock.today().replace(day=1))


@bp.get("/my/loans")
@requires("loan.apply")
def my_loans() -> Response:
    """List my requests and loans."""
    return page(
        "loans/my_loans.html",
        rows=[_loan_row(own, clock.today()) for own in queries.own_loans(me().known())],
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


def _loan_page(own: OwnLoan, form: ActForm, status: int) -> Response:
    today, terms = clock.today(), own.terms
    lines = listing.schedule(own.id) if own.disbursed_on else []
    bills = queries.open_bills(own.id) if own.disbursed_on else []
    cost = quote(terms, own.disbursed_on or today) if terms else None
    decided = reviews.reviews(own.id) if own.submitted_at else []
    payoff_on = _payoff_day(today, lines)
    return page(
        "loans/my_loan.html",
        status,
        own=own,
        form=form,
        moves=LOAN.moves(LoanState(own.state), by=("borrower",)),
        cost=cost,
        cost_rows=figures.cost_rows(cost) if cost else [],
        apr=figures.apr_text(cost) if cost else None,
        bar=funding_words(own.reserved, own.amount, _time_left(own)),
        payoff=figures.payoff(own, lines, payoff_on) if own.state == LoanState.ACTIVE else None,
        payoff_on=payoff_on,
        rate=percent(own.annual_rate * 100) if own.annual_rate is not None else None,
        reasons=figures.reason_bars([r for review in decided for r in review.reasons]),
        rows=figures.running_rows(lines, today),
        points=figures.repayment_points(lines, paid=own.repayments),
        series=figures.repayment_series(),
        totals=figures.totals(lines, own.currency),
        bill=bills[0] if bills else None,
        bill_late=days_late(bills[0].due_on, today) if bills else 0,
        more_bills=len(bills) - 1,
        paid=Money(own.principal_repaid_minor + own.interest_repaid_minor, own.currency),
        interest_paid=Money(own.interest_repaid_minor, own.currency),
        timeline=timelines.of_loan(own, transitions.history("loan", own.id)),
        payee=payee(own.borrower_id),
        **_autopay(own, today),
        decline_help=words.DECLINE_HELP.get(own.decline_code or ""),
    )


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


def _payoff_day(today: date, lines: Sequence[ScheduleLine]) -> date:
    """Return the day asked about, kept between today and the last instalment."""
    try:
        asked = date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return today
    return max(today, min(asked, lines[-1].due_on if lines else today))


def _time_left(own: OwnLoan) -> str:
    return time_left(own.funding_until) if own.funding_until else ""


@bp.post("/my/loans/<string:ref>/accept")
@requires("loan.apply")
def accept_offer(ref: str) -> Response:
    """Accept the terms offered."""
    own, form = _own(ref), ActForm()
    if form.ready() and form.succeeds(lambda: offering.accept(me(), own.id, now=clock.now())):
        return done(
            url_for("loans.my_loan", ref=ref), _("Your loan is listed. Lenders can invest now.")
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


@bp.get("/my/loans/<string:ref>/bills/<string:bill_ref>")
@requires("loan.apply")
def bill(ref: str, bill_ref: str) -> Response:
    """Show a bill before it is paid, and its receipt afterwards."""
    return _bill_page(ref, bill_ref, ActForm(), 200)


@bp.post("/my/loans/<string:ref>/bills/<string:bill_ref>")
@requires("loan.apply")
def pay_bill(ref: str, bill_ref: str) -> Response:
    """Go to the provider to pay a bill."""
    own, form = _own(ref), ActForm()
    due = queries.bill(parse_public_id("bil", bill_ref), own.borrower_id)
    if form.ready():
        instruction_id = form.attempt(lambda: paying.open_checkout(me(), due.id, now=clock.now()))
        if instruction_id is not None:
            return to_checkout(instruction_id, otherwise=request.path)
    return _bill_page(ref, bill_ref, form, 422)


def _bill_page(ref: str, bill_ref: str, form: ActForm, status: int) -> Response:
    own = _own(ref)
    due = queries.bill(parse_public_id("bil", bill_ref), own.borrower_id)
    late = 0 if due.paid_at else days_late(due.due_on, clock.today())
    return page("loans/bill.html", status, own=own, bill=due, form=form, late=late)


@bp.get("/my/loans/<string:ref>/bills/<string:bill_ref>/return")
@requires("loan.apply")
def bill_return(ref: str, bill_ref: str) -> Response:
    """Come back from the provider: ask it what happened, so that a lost message does not matter."""
    due = queries.bill(parse_public_id("bil", bill_ref), me().known())
    if due.paid_at is None and due.instruction_id and is_paid(due.instruction_id):
        paying.mark_paid(due.id, due.instruction_id, amount=due.amount, paid_at=clock.now())
    return done(url_for("loans.bill", ref=ref, bill_ref=bill_ref))


def _own(ref: str) -> OwnLoan:
    return queries.own_loan(parse_public_id("ln", ref), me().known())
