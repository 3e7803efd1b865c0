"""The lender's desk as a whole: portfolio, calendar of what is due, return."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from flask import Response, request, url_for

from marketplace.kernel import clock
from marketplace.kernel.money import Money, exponent
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Balance, over_time
from marketplace.loans.forms import words
from marketplace.loans.queries import calendar as calendar_queries
from marketplace.loans.queries import cash_flow, returns
from marketplace.loans.queries import portfolio as queries
from marketplace.loans.queries.calendar import DueMonth
from marketplace.loans.queries.portfolio import Filters, Pending, Sums
from marketplace.loans.views import desk_tabs, portfolio_example
from marketplace.loans.views import portfolio_figures as figures
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.figures import lender_series
from marketplace.loans.xirr import xirr
from marketplace.web import csv_answer
from marketplace.web.csv_answer import Table
from marketplace.web.cursors import cursor
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import money_text, page, percent

DOWNLOAD: Final = 5_000
_FLOW_DAYS_MIN: Final = 14
_SHELVES: Final = ("open", "repaid", "all")
Flows = list[tuple[date, Decimal]]


@bp.get("/my/portfolio")
@requires("loan.lend")
def portfolio() -> Response:
    """Show all my notes as one: what they come to, how late they are, where they lie."""
    person_id, today = me().known(), clock.today()
    currencies = list(queries.currencies(person_id))
    if not currencies:
        return _example()
    filters = _filters(currencies)
    before = cursor("nt", "before")
    size = DOWNLOAD if csv_answer.wanted() else queries.PAGE_SIZE
    found = queries.notes(person_id, filters, today=today, before=before, limit=size + 1)
    table = figures.notes_table(found[:size])
    if csv_answer.wanted():
        return csv_answer.csv_answer(table)
    older = found[size - 1].ref if len(found) > size else None
    return page(
        "loans/portfolio.html",
        **_whole(person_id, filters, today),
        tabs=desk_tabs.tabs("loans.portfolio", filters.currency),
        currency_tabs=desk_tabs.currency_tabs("loans.portfolio", currencies, filters.currency),
        filters=filters,
        table=table,
        csv_href=csv_answer.here(),
        older_href=_address(filters, before=older) if older else None,
        newer_href=_address(filters) if before else None,
    )


def _whole(person_id: UUID, filters: Filters, today: date) -> dict[str, Any]:
    """Return what stands over the list of notes."""
    currency = filters.currency
    summary = queries.summary(person_id, filters, today=today)
    owing = queries.borrowers(person_id, filters, today=today)
    flows = cash_flow.flows(person_id, currency, today=today) if filters.is_whole else []
    pending, wallet = queries.pending(person_id, currency), _wallet(person_id, currency)
    available = wallet.available if wallet else Money.zero(currency)
    leaving = Money(wallet.pending_out_minor if wallet else 0, currency)
    busy = summary.whole.outstanding_minor + summary.whole.paying_out_minor + pending.paid_minor
    return {
        "summary": summary,
        "key_figures": figures.key_figures(
            summary.whole,
            currency,
            rate=_rate(flows),
            idle=_share(available.minor, available.minor + busy) if filters.is_whole else None,
        ),
        "pending": figures.pending_rows(pending, summary.whole, available, leaving),
        "ageing": figures.ageing(summary, filters),
        "by_grade": figures.by_grade(summary, currency),
        "by_purpose": figures.by_purpose(summary, currency),
        "by_borrower": figures.by_borrower(owing, summary.whole, currency),
        "warning": figures.largest(owing, summary.whole),
        "example": False,
    }


def _example() -> Response:
    """Show somebody who has no note yet what a portfolio looks like, and that it is none."""
    shown = portfolio_example.made()
    currency = shown.filters.currency
    return page(
        "loans/portfolio.html",
        summary=shown.summary,
        key_figures=figures.key_figures(
            shown.summary.whole, currency, rate=percent(Decimal("6.80")), idle=percent(6, 1)
        ),
        pending=figures.pending_rows(
            Pending(reserved_minor=5_000), Sums(), Money(21_540, currency), Money.zero(currency)
        ),
        ageing=figures.ageing(shown.summary, shown.filters),
        by_grade=figures.by_grade(shown.summary, currency),
        by_purpose=figures.by_purpose(shown.summary, currency),
        by_borrower=figures.by_borrower(shown.owing, shown.summary.whole, currency),
        warning=None,
        example=True,
        tabs=desk_tabs.tabs("loans.portfolio"),
        currency_tabs=[],
        filters=shown.filters,
        table=None,
    )


@bp.get("/my/portfolio/calendar")
@requires("loan.lend")
def calendar() -> Response:
    """Show what borrowers are to pay me in the next twelve months."""
    person_id, today = me().known(), clock.today()
    currencies = list(queries.currencies(person_id))
    currency = _chosen(currencies)
    months = calendar_queries.months(person_id, currency, today=today) if currencies else []
    table = _calendar_table(months)
    if csv_answer.wanted():
        return csv_answer.csv_answer(table)
    return page(
        "loans/calendar.html",
        tabs=desk_tabs.tabs("loans.calendar", currency),
        currency_tabs=desk_tabs.currency_tabs("loans.calendar", currencies, currency),
        points=[_point(one) for one in months],
        title=_calendar_title(months, currency),
        late=sum(one.late_minor for one in months),
        late_text=money_text(Money(sum(one.late_minor for one in months), currency)),
        series=lender_series(expected=True),
        table=table,
        csv_href=csv_answer.here(),
        has_any=any(one.notes for one in months),
    )


@bp.get("/my/portfolio/return", endpoint="returns")
@requires("loan.lend")
def show_returns() -> Response:
    """Show the flows my return is worked out from, the return, and what lay idle beside it."""
    person_id, today = me().known(), clock.today()
    currencies = list(queries.currencies(person_id))
    currency = _chosen(currencies)
    flows = cash_flow.flows(person_id, currency, today=today)
    table = _flows_table(flows, currency)
    if csv_answer.wanted():
        return csv_answer.csv_answer(table)
    wallet = _wallet(person_id, currency)
    changes = [(one.on, one.change_minor) for one in over_time.movements(wallet)] if wallet else []
    idle = returns.idle_share(changes, returns.at_work(person_id, currency), today)
    return page(
        "loans/returns.html",
        tabs=desk_tabs.tabs("loans.returns", currency),
        currency_tabs=desk_tabs.currency_tabs("loans.returns", currencies, currency),
        rate=_rate(flows),
        exact=xirr(flows) if len(flows) > 1 else None,
        idle=None if idle is None else percent(idle * 100, 1),
        years_href=url_for("loans.statements", currency=currency),
        table=table,
        csv_href=csv_answer.here(),
    )


def _filters(currencies: list[str]) -> Filters:
    def one_of(name: str, choices: Any) -> str:  # noqa: ANN401 - any collection
        wish = request.args.get(name, "")
        return wish if wish in choices else ""

    return Filters(
        currency=_chosen(currencies),
        grade=one_of("grade", words.GRADES),
        purpose=one_of("purpose", words.PURPOSES),
        bucket=one_of("bucket", words.BUCKETS),
        shelf=one_of("shelf", _SHELVES) or "open",
    )


def _chosen(currencies: list[str]) -> str:
    wish = request.args.get("currency", "")
    return wish if wish in currencies else next(iter(currencies), "EUR")


def _address(filters: Filters, *, before: str | None = None) -> str:
    kept: dict[str, Any] = {
        "currency": filters.currency,
        "grade": filters.grade,
        "purpose": filters.purpose,
        "bucket": filters.bucket,
        "shelf": filters.shelf,
        "before": before,
    }
    return url_for("loans.portfolio", **{key: value for key, value in kept.items() if value})


def _wallet(person_id: UUID, currency: str) -> Balance | None:
    return ledger.balances_of("person:wallet", [person_id], currency).get(person_id)


def _rate(flows: Flows) -> str | None:
    """Return the yearly rate of real flows; over a few days it would say nothing."""
    if not flows or (flows[-1][0] - flows[0][0]).days < _FLOW_DAYS_MIN:
        return None
    found = xirr(flows)
    return None if found is None else percent(found * 100)


def _share(part: int, whole: int) -> str | None:
    return figures.share_text(part, whole) if whole > 0 else None


def _point(one: DueMonth) -> dict[str, Any]:
    return {
        "label": f"{one.month:%m/%y}",
        "parts": [one.principal_minor, one.interest_minor - one.fee_minor],
        "texts": [money_text(one.principal), money_text(one.interest - one.fee)],
        "total_text": money_text(one.total),
        "expected": True,
    }


def _calendar_title(months: list[DueMonth], currency: str) -> str:
    total = sum(one.total.minor for one in months)
    return _(
        "%(amount)s is due to you in the next twelve months",
        amount=money_text(Money(total, currency)),
    )


def _calendar_table(months: list[DueMonth]) -> Table:
    has_fee = any(one.fee_minor for one in months)
    fee = [{"key": "fee", "label": _("Our fee"), "kind": "money"}] if has_fee else []
    return Table(
        "calendar",
        _("What is due to you, month by month"),
        [
            {"key": "month", "label": _("Month")},
            {"key": "notes", "label": _("Payments"), "kind": "number"},
            {"key": "principal", "label": _("Principal"), "kind": "money"},
            {"key": "interest", "label": _("Interest"), "kind": "money"},
            *fee,
            {"key": "total", "label": _("To your wallet"), "kind": "money"},
            {"key": "late", "label": _("Of it late"), "kind": "money"},
        ],
        [
            {
                "month": f"{one.month:%Y-%m}",
                "notes": one.notes,
                "principal": one.principal,
                "interest": one.interest,
                "fee": one.fee,
                "total": one.total,
                "late": one.late,
            }
            for one in months
        ],
    )


def _flows_table(flows: Flows, currency: str) -> Table:
    scale = exponent(currency)
    return Table(
        "cash-flows",
        _("Your cash flows, day by day"),
        [
            {"key": "on", "label": _("Day"), "kind": "date"},
            {"key": "amount", "label": _("Lent (minus), came back (plus)"), "kind": "money"},
        ],
        [{"on": on, "amount": Money(int(amount.scaleb(scale)), currency)} for on, amount in flows],
    )
