"""Statements of a lender's money for any span of days, and what each year brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from flask import Response, request, url_for

from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Balance, browsing
from marketplace.ledger.queries.browsing import Between, Span
from marketplace.loans.forms import words
from marketplace.loans.queries import returns, wallet_movements
from marketplace.loans.queries.returns import Lent, TaxYear
from marketplace.loans.queries.wallet_movements import WalletMovement
from marketplace.loans.views import desk_tabs, statement_papers
from marketplace.loans.views.blueprint import bp
from marketplace.web import csv_answer, papers
from marketplace.web.csv_answer import Table
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import page

_MONTHS_LISTED: Final = 12
_PDF: Final = "pdf"


@dataclass(frozen=True, slots=True)
class Statement:
    """A span of days of one wallet, and of the lending beside it; all amounts are the ledger's."""

    currency: str
    first: date
    last: date
    span: Span
    movements: list[WalletMovement]
    lent: Lent

    def money(self, minor: int) -> Money:
        """Return an amount of the statement's currency."""
        return Money(minor, self.currency)


@bp.get("/my/statements", endpoint="statements")
@requires("loan.lend")
def show_statements() -> Response:
    """Show a statement for a span of days, as a page, a CSV or a PDF."""
    person_id, today = me().known(), clock.today()
    wallets = _wallets(person_id)
    currency = _chosen(list(wallets))
    first, last, trouble = _span(today)
    found = _statement(person_id, wallets.get(currency), currency, first, last)
    table = _movements_table(found)
    if csv_answer.wanted():
        return csv_answer.csv_answer(table)
    if request.args.get("format") == _PDF:
        told = statement_papers.Told(
            *(currency, first, last, _wallet_rows(found), _lent_rows(found), table, _note()),
        )
        paper = statement_papers.statement(told, person_id)
        return papers.answer(paper, f"statement-{first}-{last}")
    years = returns.tax_years(person_id)
    return page(
        "loans/statements.html",
        422 if trouble else 200,
        tabs=desk_tabs.tabs("loans.statements", currency),
        currency_tabs=desk_tabs.currency_tabs("loans.statements", list(wallets), currency),
        currency=currency,
        first=first,
        last=last,
        trouble=trouble,
        wallet_rows=_wallet_rows(found),
        lent_rows=_lent_rows(found),
        table=table,
        note=_note(),
        csv_href=csv_answer.here(),
        pdf_href=_address(currency, first, last, format=_PDF),
        months=_months(currency, today),
        years=[_year_row(one) for one in years],
        year_columns=_year_columns(years),
    )


@bp.get("/my/statements/<int:year>", endpoint="tax_year")
@requires("loan.lend")
def show_tax_year(year: int) -> Response:
    """Show what a calendar year brought and cost, in every currency."""
    person_id = me().known()
    found = [one for one in returns.tax_years(person_id) if one.year == year]
    table = _tax_table(year, found)
    if csv_answer.wanted():
        return csv_answer.csv_answer(table)
    if request.args.get("format") == _PDF:
        paper = statement_papers.tax_year(year, table, person_id)
        return papers.answer(paper, table.name)
    return page(
        "loans/tax_year.html",
        tabs=desk_tabs.tabs("loans.statements"),
        year=str(year),
        table=table,
        csv_href=csv_answer.here(),
        pdf_href=url_for("loans.tax_year", year=year, format=_PDF),
    )


def _statement(
    person_id: UUID, held: Balance | None, currency: str, first: date, last: date
) -> Statement:
    between = Between(_midnight(first), _midnight(last + timedelta(days=1)))
    return Statement(
        currency=currency,
        first=first,
        last=last,
        span=browsing.span(held, between) if held else Span(0, 0, 0, 0),
        movements=wallet_movements.movements(held, between) if held else [],
        lent=returns.lent(person_id, currency, since=between.since, until=between.until),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _wallets(person_id: UUID) -> dict[str, Balance]:
    held = ledger.held_by(person_id)
    return {one.currency: one for one in held if one.kind == "person:wallet"}


def _chosen(currencies: list[str]) -> str:
    wish = request.args.get("currency", "")
    return wish if wish in currencies else next(iter(currencies), "EUR")


def _span(today: date) -> tuple[date, date, str | None]:
    """Return the days asked for, this month unless said, and what is wrong with what was typed."""
    this_month = (today.replace(day=1), today)
    typed = request.args.get("first", ""), request.args.get("last", "")
    if not any(typed):
        return *this_month, None
    try:
        first, last = (
            date.fromisoformat(text) if text else day
            for text, day in zip(typed, this_month, strict=True)
        )
    except ValueError:
        return *this_month, _("Enter days as year-month-day, such as 2027-03-31.")
    if not date(2000, 1, 1) <= first <= last <= today:
        return *this_month, _("The first day comes before the last one, and neither is to come.")
    return first, last, None


def _address(currency: str, first: date, last: date, **more: str) -> str:
    return url_for(
        "loans.statements",
        currency=currency,
        first=first.isoformat(),
        last=last.isoformat(),
        **more,  # type: ignore[arg-type]  # Flask's options and values share one name space
    )


def _months(currency: str, today: date) -> list[dict[str, Any]]:
    """Return a year's months, the latest first, each with its statement."""
    found = []
    last = today
    for _number in range(_MONTHS_LISTED):
        first = last.replace(day=1)
        label = f"{first:%Y-%m}"
        pdf = _address(currency, first, last, format=_PDF)
        found.append(
            {"month": label, "month_href": _address(currency, first, last), "pdf": _("PDF"),
             "pdf_href": pdf}
        )  # fmt: skip
        last = first - timedelta(days=1)
    return found


def _wallet_rows(found: Statement) -> list[dict[str, Any]]:
    return [
        {"label": _("In the wallet before"), "amount": found.money(found.span.opening_minor)},
        {"label": _("Came in"), "amount": found.money(found.span.in_minor)},
        {"label": _("Went out"), "amount": found.money(-found.span.out_minor)},
        {
            "label": _("In the wallet at the end"),
            "amount": found.money(found.span.closing_minor),
            "kind": "strong",
        },
    ]


def _lent_rows(found: Statement) -> list[dict[str, Any]]:
    lent = found.lent
    rows = [
        {"label": _("Owed to you before"), "amount": found.money(lent.opening_minor)},
        {"label": _("Lent"), "amount": found.money(lent.lent_minor)},
        {"label": _("Principal that came back"), "amount": found.money(-lent.principal_minor)},
        *_lost_rows(found),
        {
            "label": _("Owed to you at the end"),
            "amount": found.money(lent.closing_minor),
            "kind": "strong",
        },
        {"label": _("Interest that came"), "amount": found.money(lent.interest_minor)},
    ]
    if lent.penalty_minor:
        rows.append({"label": _("Late interest"), "amount": found.money(lent.penalty_minor)})
    if lent.fee_minor:
        rows.append({"label": _("Our fee"), "amount": found.money(-lent.fee_minor)})
    return rows


def _lost_rows(found: Statement) -> list[dict[str, Any]]:
    """Return what was given up in these days; in most there is nothing."""
    if not found.lent.lost_minor:
        return []
    lost = found.money(-found.lent.lost_minor)
    return [{"label": _("Written off, less what was recovered"), "amount": lost}]


def _movements_table(found: Statement) -> Table:
    balance, rows = found.span.opening_minor, []
    for one in found.movements:
        balance += one.change_minor
        rows.append(
            {
                "on": one.on,
                "what": str(words.STATEMENT.get(one.code, one.code)),
                "count": one.count,
                "change": found.money(one.change_minor),
                "balance": found.money(balance),
                "until": one.reversible_until,
            }
        )
    return Table(
        "statement",
        _("Movements, day by day"),
        [
            {"key": "on", "label": _("Day"), "kind": "date"},
            {"key": "what", "label": _("What")},
            {"key": "count", "label": _("How many"), "kind": "number"},
            {"key": "change", "label": _("Change"), "kind": "money"},
            {"key": "balance", "label": _("Balance after"), "kind": "money"},
            {"key": "until", "label": _("May be taken back until"), "kind": "date"},
        ],
        rows,
    )


def _note() -> str:
    """Return what a day in the last column of the movements means."""
    return _(
        "Until the day in the last column the bank of who paid may take a card payment or a direct"
        " debit back. You keep your share of a repayment then: the borrower owes it. A payment of"
        " your own would be charged to your wallet."
    )


def _tax_table(year: int, found: list[TaxYear]) -> Table:
    return Table(
        f"tax-summary-{year}",
        _("What %(year)s brought and cost", year=year),
        [
            {"key": "currency", "label": _("Currency")},
            *_result_columns(found),
            {"key": "principal", "label": _("Principal back, not income"), "kind": "money"},
        ],
        [_tax_row(one) for one in found],
    )


def _result_columns(found: list[TaxYear]) -> list[dict[str, Any]]:
    """Return what makes up the result of years; losses once there were any."""
    lost = any(one.written_off_minor for one in found)
    losses = (("loss", _("Losses")), ("recovered", _("Recovered"))) if lost else ()
    named = (
        *(("interest", _("Interest")), ("penalty", _("Late interest")), ("fee", _("Fees"))),
        *(*losses, ("result", _("Result"))),
    )
    return [{"key": key, "label": label, "kind": "money"} for key, label in named]


def _tax_row(one: TaxYear) -> dict[str, Any]:
    return {
        "currency": one.currency,
        "interest": one.money(one.interest_minor),
        "penalty": one.money(one.penalty_minor),
        "fee": one.money(one.fee_minor),
        "loss": one.money(one.written_off_minor),
        "recovered": one.money(one.recovered_minor),
        "result": one.result,
        "principal": one.money(one.principal_minor),
    }


def _year_columns(found: list[TaxYear]) -> list[dict[str, Any]]:
    named = ({"key": "year", "label": _("Year")}, {"key": "currency", "label": _("Currency")})
    return [*named, *_result_columns(found)]


def _year_row(one: TaxYear) -> dict[str, Any]:
    address = url_for("loans.tax_year", year=one.year)
    return {**_tax_row(one), "year": str(one.year), "year_href": address}
