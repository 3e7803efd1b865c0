"""What can be borrowed, what it costs in all, and a look at one's own case that leaves no trace."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from flask import Response, request

from marketplace.kernel import clock
from marketplace.kernel.days import months_of
from marketplace.kernel.money import Money
from marketplace.loans import self_check
from marketplace.loans.forms import words
from marketplace.loans.forms.self_check import SelfCheckForm
from marketplace.loans.pricing import Quote, indicative, monthly_burden
from marketplace.loans.queries import products
from marketplace.loans.queries.products import Grade, Product
from marketplace.loans.self_check import Outlook
from marketplace.loans.views import figures, telling
from marketplace.loans.views.blueprint import bp
from marketplace.web.guards import public
from marketplace.web.locale import _
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.refusals import sentence
from marketplace.web.rendering import page, percent

_MIDDLE: Final = 2  # the third of seven grades stands for the usual price


@bp.get("/borrow")
@public
@cached_for_visitors
def borrow() -> Response:
    """Say what can be borrowed and what it costs, with an example that can be changed."""
    offers = products.products()
    chosen = _chosen(offers)
    grades = products.grades(chosen.id)
    rate = grades[_MIDDLE].rate_middle
    amount, instalments = _example(chosen)
    cost = indicative(chosen.terms(amount, rate, instalments), clock.today())
    return page(
        "loans/borrow.html",
        product=chosen,
        offers=[telling.offer_row(one) for one in offers if one.currency == chosen.currency],
        currencies=sorted({one.currency for one in offers}),
        term=telling.term_span(chosen),
        papers=telling.paper_names(chosen),
        grade_rows=[_grade_row(grade) for grade in grades],
        grade_span=_span(grades),
        amount=amount,
        instalments=instalments,
        rate=percent(rate * 100),
        grade=grades[_MIDDLE].grade,
        cost=cost,
        cost_rows=figures.cost_rows(cost),
        points=figures.repayment_points(cost.rows, paid=instalments),
        series=figures.repayment_series(),
        fee=percent(Decimal(chosen.origination_fee_bps) / 100),
    )


@bp.route("/borrow/self-check", methods=["GET", "POST"])
@public
def self_check_page() -> Response:
    """Work out how a request would look; nobody is asked and nothing is kept."""
    form = SelfCheckForm(products=products.products(), data={"offer": request.args.get("offer")})
    if not form.ready():
        return page("loans/self_check.html", 422 if form.is_submitted() else 200, form=form)
    chosen, told = form.product, form.situation
    grades = products.grades(chosen.id)
    if not told.instalments:
        return page("loans/self_check.html", form=form, seen=None, blocked=[_no_term(chosen)])
    usual = chosen.terms(told.amount, grades[_MIDDLE].rate_middle, told.instalments)
    cost = indicative(usual, clock.today())
    a_month = monthly_burden(cost, months_of(told.instalments, chosen.period))
    seen = self_check.outlook(told, a_month, chosen.limits)
    return page(
        "loans/self_check.html",
        form=form,
        seen=seen,
        cost=cost,
        rate=percent(grades[_MIDDLE].rate_middle * 100),
        prices=_prices(chosen, told, grades, seen),
        blocked=[sentence(one) for one in seen.refusals],
        burden_max=self_check.burden_max(),
    )


def _prices(
    product: Product, told: self_check.Situation, grades: Sequence[Grade], seen: Outlook
) -> list[dict[str, Any]]:
    """Return what the better and the worse of the likely grades would cost."""
    rates = {grade.grade: grade.rate_middle for grade in grades}
    likely = sorted({seen.best, seen.worst} & rates.keys())
    today = clock.today()
    costs = [
        (one, indicative(product.terms(told.amount, rates[one], told.instalments), today))
        for one in likely
    ]
    return [_price_row(grade, rates[grade], cost) for grade, cost in costs]


def _price_row(grade: str, rate: Decimal, cost: Quote) -> dict[str, Any]:
    return {
        "grade": _("%(grade)s, at %(rate)s", grade=grade, rate=percent(rate * 100)),
        "instalment": cost.instalment,
        "total": cost.total,
        "cost": cost.cost,
    }


def _no_term(product: Product) -> str:
    return _(
        "Choose from %(least)s to %(most)s instalments.",
        least=product.instalments_min,
        most=product.instalments_max,
    )


def _chosen(offers: Sequence[Product]) -> Product:
    """Return the product asked about; one of the currency if the code is none, else the first."""
    code, currency = request.args.get("product", ""), request.args.get("currency", "")
    same = [one for one in offers if one.currency == currency] or list(offers)
    return next((one for one in same if one.code == code), same[0])


def _span(grades: Sequence[Grade]) -> str:
    return _(
        "%(least)s to %(most)s",
        least=percent(grades[0].rate_from * 100, 1),
        most=percent(grades[-1].rate_to * 100, 1),
    )


def _grade_row(grade: Grade) -> dict[str, Any]:
    return {
        "grade": grade.grade,
        "words": words.GRADES[grade.grade],
        "rate": f"{percent(grade.rate_from * 100, 1)} – {percent(grade.rate_to * 100, 1)}",
        "loss": percent(grade.loss_rate * 100, 1),
    }


def _example(product: Product) -> tuple[Money, int]:
    """Return the example a visitor asked for, kept inside what the product allows."""
    limits = product.limits
    amount, instalments = telling.example_of(product)
    typed, term = request.args.get("amount", ""), request.args.get("months", "")
    if typed.isdecimal() and len(typed) <= 9:
        amount = Money.of(typed, product.currency)
    if term.isdecimal() and len(term) <= 4:
        instalments = int(term)
    amount = max(limits.amount_min, min(amount, limits.amount_max))
    return amount, max(limits.instalments_min, min(instalments, limits.instalments_max))
