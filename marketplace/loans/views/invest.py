"""Lending to a loan: choose an amount, check, pay."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any, Final

from flask import Response, request, url_for

from marketplace.contracts.consents import How
from marketplace.kernel import clock
from marketplace.kernel.ids import CommitmentId, parse_public_id, public_id
from marketplace.kernel.money import Money
from marketplace.loans.agreement import shown_hash
from marketplace.loans.forms import term_words
from marketplace.loans.forms.lending import InvestForm, OrderForm
from marketplace.loans.funding import limit_refusals
from marketplace.loans.pricing import outcomes, quote
from marketplace.loans.queries import agreements, limits, public_loan
from marketplace.loans.queries.public_loan import PublicLoan
from marketplace.loans.rules import Room, commitment_refusals
from marketplace.loans.schedule import Row
from marketplace.loans.services import acknowledging, investing
from marketplace.loans.states import LoanState
from marketplace.loans.views import figures, lending_limits, wallet_pays
from marketplace.loans.views.agreeing import agreement_here
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.checkouts import to_checkout
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.refusals import sentence
from marketplace.web.rendering import done, page, percent

# What is mended on the second step itself.
_TICKS: Final = frozenset({"agreed", "understood"})


@bp.get("/loans/<string:ref>/invest")
@requires("loan.lend")
def check_investment(ref: str) -> Response:
    """Choose an amount; once there is one that can be lent, show what it means."""
    loan = _loan(ref)
    form = InvestForm(formdata=request.args or None, meta={"csrf": False})
    form.amount.currency = loan.currency
    if not request.args.get("amount"):
        return _choose(loan, form, 200)
    if form.validate() and not _refused(loan, form):
        can_pay = not wallet_pays.refusals(loan, form.amount.required_money)
        if can_pay and "source" not in request.args:
            form.source.data = "wallet"
        return _check(loan, form, can_pay=can_pay)
    return _choose(loan, form, 422)


@bp.post("/loans/<string:ref>/invest")
@requires("loan.lend")
def invest(ref: str) -> Response:
    """Take the part and pay for it: from the wallet at once, or on the provider's page."""
    loan, form = _loan(ref), OrderForm()
    form.amount.currency = loan.currency
    placed = form.attempt(lambda: _place(loan, form)) if form.ready() else None
    if placed is None:
        return _again(_loan(ref), form)
    receipt = _receipt(placed.commitment_id)
    if placed.instruction_id is None:
        return done(receipt, _("Your money is held for the loan."))
    return to_checkout(placed.instruction_id, otherwise=receipt)


def _again(loan: PublicLoan, form: OrderForm) -> Response:
    """Show what is to be mended: the agreement on the check page, all else one step back."""
    if form.errors and set(form.errors) <= _TICKS and form.amount.money is not None:
        can_pay = not wallet_pays.refusals(loan, form.amount.money)
        return _check(loan, form, can_pay=can_pay, order=form)
    return _choose(loan, form, 422)


def _place(loan: PublicLoan, form: OrderForm) -> investing.Placed:
    commit = (
        investing.commit_from_wallet
        if form.source.data == "wallet"
        else investing.commit_by_provider
    )
    amount, now = form.amount.required_money, clock.now()
    if form.understood.data:
        acknowledging.acknowledge(me(), now=now)
    consent = agreement_here(How.CHECKBOX, form.shown.data or "", at=now)
    return commit(me(), loan.id, amount=amount, consent=consent, form_key=form.key, now=now)


def _refused(loan: PublicLoan, form: InvestForm) -> bool:
    amount = form.amount.required_money
    found = commitment_refusals(amount, _room(loan), me().known(), clock.now())
    found += limit_refusals(amount, lending_limits.exposure(loan), limits.limits(loan.currency))
    if form.source.data == "wallet":
        found += wallet_pays.refusals(loan, amount)
    for refusal in found:
        form.refuse(refusal)
    return bool(found)


def _room(loan: PublicLoan) -> Room:
    return Room(
        left=loan.left,
        fraction_min=loan.fraction_min,
        until=loan.funding_until,
        borrower_id=loan.borrower_id,
        open=loan.state == LoanState.LISTED,
    )


def _choose(loan: PublicLoan, form: InvestForm, status: int) -> Response:
    return page(
        "loans/invest.html",
        status,
        loan=loan,
        form=form,
        rate=percent(loan.annual_rate * 100),
        available=wallet_pays.available(loan.currency),
        leaving=wallet_pays.leaving(loan),
        closed=_closed(loan),
        meters=lending_limits.meters(
            loan, lending_limits.exposure(loan), Money.zero(loan.currency)
        ),
    )


def _closed(loan: PublicLoan) -> str | None:
    """Return why nothing at all can be lent to the loan by this person, if so."""
    found = commitment_refusals(loan.left, _room(loan), me().known(), clock.now())
    return next((sentence(refusal) for refusal in found if refusal.field is None), None)


def _check(
    loan: PublicLoan, form: InvestForm, *, can_pay: bool, order: OrderForm | None = None
) -> Response:
    form_post = order or OrderForm(formdata=None)
    form_post.shown.data = shown_hash(agreements.agreed(loan.id))
    amount, from_wallet = form.amount.required_money, form.source.data == "wallet"
    cost = quote(loan.terms, clock.today())
    has = lending_limits.exposure(loan)
    what = outcomes(loan.terms, cost.rows, amount, loan.loss_rate, loan.lender_fee_bps)
    return page(
        "loans/invest_check.html",
        422 if order else 200,
        loan=loan,
        form=form,
        form_post=form_post,
        amount=amount,
        rows=_quote_rows(loan, amount, from_wallet=from_wallet),
        cases=figures.outcome_cases(what, percent(loan.loss_rate * 100)),
        meters=lending_limits.meters(loan, has, amount),
        concentration=lending_limits.warning(has, amount),
        leaving=None if from_wallet else wallet_pays.leaving(loan),
        asks_risk=not limits.knows_risk(me().known()),
        comes_back=term_words.comes_back(loan.instalments, loan.period, loan.method),
        first_part=_first_part(loan, amount, cost.rows[0]),
        other_source=_other_source(loan, amount, from_wallet=from_wallet) if can_pay else None,
    )


def _other_source(loan: PublicLoan, amount: Money, *, from_wallet: bool) -> dict[str, str]:
    """Return the way to pay from elsewhere."""
    source = "provider" if from_wallet else "wallet"
    address = url_for(
        "loans.check_investment", ref=loan.ref, amount=amount.decimal(), source=source
    )
    label = _("Pay at the provider instead") if from_wallet else _("Pay from my wallet instead")
    return {"href": address, "label": label}


def _quote_rows(loan: PublicLoan, amount: Money, *, from_wallet: bool) -> list[dict[str, Any]]:
    source = _("From your wallet") if from_wallet else _("You pay at the provider")
    return [
        {"label": source, "amount": amount, "kind": "strong"},
        {"label": _("Fee for lending"), "amount": Money.zero(loan.currency), "kind": "fee"},
        {"label": _("Held for the loan"), "amount": amount, "kind": "get"},
    ]


def _first_part(loan: PublicLoan, amount: Money, row: Row) -> Money:
    """Return this part's share of the first instalment less our fee, to the nearest cent."""
    kept = Fraction(10_000 - loan.lender_fee_bps, 10_000)
    share = Fraction(amount.minor, loan.amount_minor)
    minor = (row.principal.minor + row.interest.minor * kept) * share
    return Money(floor(minor + Fraction(1, 2)), loan.currency)


def _receipt(commitment_id: CommitmentId) -> str:
    return url_for("loans.commitment", ref=public_id("cmt", commitment_id))


def _loan(ref: str) -> PublicLoan:
    return public_loan.public_loan(parse_public_id("ln", ref))
