"""One loan as anyone sees it: figures first, then why, then how to take part."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response

from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.money import Money
from marketplace.loans.forms import term_words, words
from marketplace.loans.forms.questions import QuestionForm
from marketplace.loans.pricing import Quote, quote
from marketplace.loans.queries import listing, public_loan
from marketplace.loans.queries.public_loan import PublicLoan
from marketplace.loans.schedule import Method
from marketplace.loans.states import LoanState
from marketplace.loans.views import (
    asking,
    borrower_facts,
    figures,
    funding_bar,
    lending_limits,
    outcomes,
    wallet_pays,
)
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.cards import funding_words
from marketplace.loans.workings import Working, eu_working, us_working
from marketplace.web.guards import me, public
from marketplace.web.locale import _
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import money_text, page, percent, time_left


@bp.get("/loans/<string:ref>")
@public
@cached_for_visitors
def loan(ref: str) -> Response:
    """Show one loan: figures first, then why, then how to take part."""
    return show_loan(public_loan.public_loan(parse_public_id("ln", ref)))


def show_loan(
    found: PublicLoan, status: int = 200, *, asked: QuestionForm | None = None
) -> Response:
    """Render the page of a loan; `asked` is a question that has to be corrected."""
    today = clock.today()
    running = listing.schedule(found.id) if found.disbursed_on else []
    cost = quote(found.terms, found.disbursed_on or today)
    is_open = found.state == LoanState.LISTED and clock.now() < found.funding_until
    return page(
        "loans/loan.html",
        status,
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
        aprs={"us": figures.apr_text(cost), "eu": figures.apr_eu_text(cost)},
        lateness=_lateness(found, today),
        bar=funding_words(found.reserved, found.amount, _left(found, is_open=is_open)),
        term=term_words.term(found),
        falls=found.method == Method.EQUAL_PRINCIPAL,
        instalment_label=term_words.instalment_label(found.period, found.method),
        payments=term_words.payments(found.instalments, found.method),
        rate=percent(found.annual_rate * 100),
        rest=found.amount - Money(found.principal_repaid_minor, found.currency),
        funding=funding_bar.standing(found, is_open=is_open),
        leaving=wallet_pays.leaving(found) if is_open else None,
        concentration=lending_limits.concentration(found) if is_open else None,
        **outcomes.cases_of(found, cost.rows),
        **borrower_facts.context(found, cost, today),
        **asking.context(found, asked=asked),
    )


@bp.get("/loans/<string:ref>/apr")
@public
@cached_for_visitors
def apr_working(ref: str) -> Response:
    """Work both annual rates out, line by line, as of the day of payout or of today."""
    found = public_loan.public_loan(parse_public_id("ln", ref))
    on = found.disbursed_on or clock.today()
    cost = quote(found.terms, on)
    if cost.apr_pct is None or cost.apr_eu_pct is None:
        raise NotFound(ref)
    spans = found.instalments if len(cost.rows) == 1 else 1
    facts = (cost.paid_out, cost.rows, found.period, spans)
    return page(
        "loans/apr.html",
        loan=found,
        on=on,
        cost=cost,
        us=_working_context(us_working(cost.apr_pct, *facts)),
        eu=_working_context(eu_working(cost.apr_eu_pct, *facts)),
    )


def _working_context(found: Working) -> dict[str, Any]:
    lines = [
        {
            "n": line.n,
            "due": line.due,
            "amount": line.amount,
            "time": line.time,
            "factor": str(line.factor),
            "worth": f"{line.worth:,}",
        }
        for line in found.lines
    ]
    return {
        "rate": percent(found.rate_pct),
        "lines": lines,
        "total": f"{found.total:,}",
        "difference": f"{found.difference:+,}",
    }


def _plot_title(cost: Quote) -> str:
    """Return what the plot shows, as a finding."""
    if len(cost.rows) == 1:
        return _("All of it is repaid at the end: %(total)s", total=money_text(cost.total))
    if cost.rows[0].interest <= cost.rows[-1].interest:
        return _("Each payment bears the same interest")
    if cost.terms.method == Method.EQUAL_PRINCIPAL:
        return _("Each payment is smaller than the one before: the interest shrinks")
    return _(
        "Of each %(instalment)s the interest shrinks and the repayment grows",
        instalment=money_text(cost.instalment),
    )


def _plot_note(found: PublicLoan) -> str:
    if found.disbursed_on is None and found.method == Method.BULLET:
        return _("Paid once, %(term)s after the loan is paid out.", term=term_words.term(found))
    if found.disbursed_on is None:
        return _(
            "Paid %(rhythm)s, the first time one period after the loan is paid out.",
            rhythm=term_words.rhythm(found.period),
        )
    return _(
        "%(paid)s of %(all)s instalments are paid.",
        paid=found.repayments,
        all=term_words.payments(found.instalments, found.method),
    )


def _left(found: PublicLoan, *, is_open: bool) -> str:
    return time_left(found.funding_until) if is_open else str(words.LOAN_STATES[found.state])


def _lateness(found: PublicLoan, today: date) -> dict[str, Any] | None:
    """Return how late a running loan is, as a tag, or that it was given up."""
    if found.state != LoanState.ACTIVE:
        return None
    if found.written_off_at:
        return {"label": _("Written off: the borrower owes it, nobody counts on it"), "tone": "bad"}
    return figures.lateness(found.oldest_due_on, today)
