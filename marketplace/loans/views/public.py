"""What anyone can see: the loans, and one loan."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request, url_for

from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.money import Money
from marketplace.loans.forms import words
from marketplace.loans.pricing import GRADES, Quote, outcomes, quote
from marketplace.loans.queries import listing, products
from marketplace.loans.queries.listing import Filters, PublicLoan
from marketplace.loans.rules import burden_pct
from marketplace.loans.states import LoanState
from marketplace.loans.views import figures
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.cards import cards, funding_words
from marketplace.web.guards import me, public
from marketplace.web.locale import _
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import money_text, page, percent, time_left

_SHELVES: Final = ("open", "running", "repaid")
_TERMS_MONTHS: Final = (12, 24, 36, 48, 60)
_COLUMNS: Final = {
    "amount": ("amount", "-amount"),
    "rate": ("rate", "-rate"),
    "term": ("term", "-term"),
    "grade": ("grade", "-grade"),
    "funded": ("funded", "-funded"),
    "left": ("ending", "newest"),
}
_KEPT: Final = ("show", "grade", "purpose", "currency", "term", "sort")


@bp.get("/loans")
@public
@cached_for_visitors
def loans() -> Response:
    """List the loans one can lend to, or those that run or were repaid."""
    filters = _filters()
    sort = request.args.get("sort", "")
    sort = sort if sort in listing.SORTS else "ending"
    found = listing.listed(
        filters, sort, after=request.args.get("after", "")[:120], limit=listing.PAGE_SIZE + 1
    )
    shown = found[: listing.PAGE_SIZE]
    older = len(found) > len(shown)
    return page(
        "loans/loans.html",
        loans=cards(shown),
        count=listing.shelf_count(filters),
        filters=filters,
        sort=_sort_links(sort),
        sort_key=sort,
        doors=_doors(filters),
        orders=list(words.SORTS.items()),
        terms=[(months, _("up to %(months)s months", months=months)) for months in _TERMS_MONTHS],
        currencies=[(currency, currency) for currency in products.currencies()],
        older_href=_address(sort=sort, after=shown[-1].cursor) if older else None,
        newer_href=_address(sort=sort) if request.args.get("after") else None,
    )


def _filters() -> Filters:
    asked = request.args
    term = asked.get("term", "")
    shelf = asked.get("show", "open")
    return Filters(
        shelf=shelf if shelf in _SHELVES else "open",
        grades=tuple(grade for grade in asked.getlist("grade") if grade in GRADES),
        purpose=asked.get("purpose", "") if asked.get("purpose") in words.PURPOSES else "",
        currency=asked.get("currency", "")[:3],
        term_max_months=int(term) if term.isdecimal() and len(term) <= 3 else None,
    )


def _address(**changes: Any) -> str:  # noqa: ANN401 - query values
    kept = {name: request.args.getlist(name) for name in _KEPT if name in request.args}
    return url_for("loans.loans", **{**kept, **changes})


def _sort_links(current: str) -> dict[str, dict[str, str]]:
    links = {}
    for column, (first, second) in _COLUMNS.items():
        links[column] = {"href": _address(sort=second if current == first else first)}
        if current in {first, second}:
            down = listing.SORTS[current].descending
            links[column]["sorted"] = "desc" if down else "asc"
    return links


def _doors(filters: Filters) -> list[dict[str, Any]]:
    names = {"open": _("Open for lending"), "running": _("Running"), "repaid": _("Repaid")}
    return [
        {
            "label": names[shelf],
            "href": url_for("loans.loans", show=shelf),
            "current": shelf == filters.shelf,
        }
        for shelf in _SHELVES
    ]


@bp.get("/loans/<string:ref>")
@public
@cached_for_visitors
def loan(ref: str) -> Response:
    """Show one loan: figures first, then why, then how to take part."""
    found = listing.public_loan(parse_public_id("ln", ref))
    today = clock.today()
    running = listing.schedule(found.id) if found.disbursed_on else []
    cost = quote(found.terms, found.disbursed_on or today)
    is_open = found.state == LoanState.LISTED and clock.now() < found.funding_until
    state = figures.lateness(found.oldest_due_on, today)
    return page(
        "loans/loan.html",
        loan=found,
        cost=cost,
        is_open=is_open,
        is_mine=me().person_id == found.borrower_id,
        rows=figures.running_rows(running, today) if running else figures.planned_rows(cost.rows),
        totals=figures.totals(running or cost.rows, found.currency),
        points=figures.repayment_points(running or cost.rows, paid=found.repayments),
        series=figures.repayment_series(),
        plot_title=_plot_title(cost),
        plot_note=_plot_note(found),
        hundred=_hundred(found.currency),
        apr=figures.apr_text(cost),
        cases=_cases(found, cost.rows),
        reasons=figures.reason_bars(found.reasons),
        facts=_facts(found, cost.instalment),
        lateness=state if found.state == LoanState.ACTIVE else None,
        bar=funding_words(found.reserved, found.amount, _left(found, is_open=is_open)),
        rate=percent(found.annual_rate * 100),
        loss=percent(found.loss_rate * 100),
        rest=found.amount - Money(found.principal_repaid_minor, found.currency),
    )


def _hundred(currency: str) -> Money:
    """Return what the three cases are told for."""
    return Money.of("100", currency)


def _plot_title(cost: Quote) -> str:
    """Return what the plot shows, as a finding."""
    return _(
        "Of each %(instalment)s the interest shrinks and the repayment grows",
        instalment=money_text(cost.instalment),
    )


def _plot_note(found: PublicLoan) -> str:
    if found.disbursed_on is None:
        return _(
            "%(months)s monthly instalments, the first a month after the loan is paid out.",
            months=found.term_months,
        )
    return _(
        "%(paid)s of %(months)s instalments are paid.",
        paid=found.repayments,
        months=found.term_months,
    )


def _left(found: PublicLoan, *, is_open: bool) -> str:
    return time_left(found.funding_until) if is_open else str(words.LOAN_STATES[found.state])


def _cases(found: PublicLoan, rows: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - rows of a quote
    lent = _hundred(found.currency)
    what = outcomes(found.terms, rows, lent, found.loss_rate, found.lender_fee_bps)
    return figures.outcome_cases(what, percent(found.loss_rate * 100))


def _facts(found: PublicLoan, instalment: Money) -> list[dict[str, Any]]:
    """Return what was verified about the borrower, without saying who it is."""
    burden = burden_pct(found.income, found.obligations, instalment)
    return [
        {"key": _("Income from"), "value": words.EMPLOYMENTS.get(found.employment, "")},
        {"key": _("For"), "value": _("%(years)s years", years=found.employed_years)},
        {"key": _("Home"), "value": words.HOUSINGS.get(found.housing, "")},
        {
            "key": _("Monthly obligations and this instalment"),
            "value": _("%(burden)s of income", burden=percent(burden, 0)),
        },
        {"key": _("Loans repaid here before"), "value": str(found.loans_before)},
    ]
