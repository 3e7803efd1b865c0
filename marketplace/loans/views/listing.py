"""The list of loans: narrowed and sorted by its address, as a page, as CSV and as JSON."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from flask import Response, jsonify, request, url_for

from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.kernel.rates import percent as read_percent
from marketplace.loans.forms import term_words, words
from marketplace.loans.pricing import GRADES
from marketplace.loans.queries import listing, products
from marketplace.loans.queries.listing import Filters, ListedLoan
from marketplace.loans.queries.products import Product
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.cards import cards
from marketplace.web import csv_answer
from marketplace.web.csv_answer import Table
from marketplace.web.guards import public
from marketplace.web.locale import _, ngettext
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import page

_SHELVES: Final = ("open", "running", "repaid")
_TERMS_MONTHS: Final = (12, 24, 36, 48, 60)
_ENDS_DAYS: Final = (1, 3, 7)
_COLUMNS: Final = {
    "amount": ("amount", "-amount"),
    "rate": ("rate", "-rate"),
    "term": ("term", "-term"),
    "grade": ("grade", "-grade"),
    "funded": ("funded", "-funded"),
    "left": ("ending", "newest"),
}
_KEPT: Final = (
    *("show", "grade", "purpose", "currency", "term", "product", "method"),
    *("rate_from", "rate_to", "almost", "ends", "sort"),
)
_DOWNLOAD: Final = 10_000
_RATE_LENGTH_MAX: Final = 8


@bp.get("/loans")
@public
@cached_for_visitors
def loans() -> Response:
    """List the loans one can lend to, or those that run or were repaid."""
    filters, sort = _filters(), _sort()
    if csv_answer.wanted():
        return csv_answer.csv_answer(_table(_found(filters, sort, _DOWNLOAD)))
    if request.args.get("format") == "json":
        return _json(filters, sort)
    found = _found(filters, sort, listing.PAGE_SIZE + 1)
    shown, older = found[: listing.PAGE_SIZE], len(found) > listing.PAGE_SIZE
    offers = products.products()
    return page(
        "loans/loans.html",
        loans=cards(shown),
        count=listing.shelf_count(filters),
        filters=filters,
        asked={name: request.args.get(name, "")[:40] for name in _KEPT},
        sort=_sort_links(sort),
        sort_key=sort,
        doors=_doors(filters),
        downloads={"csv": _address(format="csv"), "json": _address(format="json")},
        older_href=_address(sort=sort, after=shown[-1].cursor) if older else None,
        newer_href=_address(sort=sort) if request.args.get("after") else None,
        **_choices(offers),
    )


def _choices(offers: list[Product]) -> dict[str, Any]:
    """Return what the filters offer."""
    return {
        "orders": list(words.SORTS.items()),
        "terms": [
            (months, _("up to %(months)s months", months=months)) for months in _TERMS_MONTHS
        ],
        "ends": [
            (days, ngettext("within %(num)s day", "within %(num)s days", days))
            for days in _ENDS_DAYS
        ],
        "currencies": [(one, one) for one in sorted({offer.currency for offer in offers})],
        "kinds": sorted({offer.code: offer.name for offer in offers}.items()),
        "methods": list(term_words.METHODS.items()),
    }


def _found(filters: Filters, sort: str, limit: int) -> list[ListedLoan]:
    after = request.args.get("after", "")[:120]
    return listing.listed(filters, sort, after=after, limit=limit)


def _sort() -> str:
    asked = request.args.get("sort", "")
    return asked if asked in listing.SORTS else "ending"


def _filters() -> Filters:
    asked = request.args
    shelf, purpose = asked.get("show", "open"), asked.get("purpose", "")
    days = _whole("ends")
    return Filters(
        shelf=shelf if shelf in _SHELVES else "open",
        grades=tuple(grade for grade in asked.getlist("grade") if grade in GRADES),
        purpose=purpose if purpose in words.PURPOSES else "",
        currency=asked.get("currency", "")[:3],
        term_max_months=_whole("term"),
        product=asked.get("product", "")[:40],
        method=asked.get("method", "") if asked.get("method") in term_words.METHODS else "",
        rate_from=_rate("rate_from"),
        rate_to=_rate("rate_to"),
        almost=asked.get("almost") == "1",
        # To the minute, so that visitors in the same one are answered by one page.
        ends_by=None if days is None else clock.now().replace(second=0) + timedelta(days=days),
    )


def _whole(name: str) -> int | None:
    typed = request.args.get(name, "")
    return int(typed) if typed.isdecimal() and len(typed) <= 3 else None


def _rate(name: str) -> Decimal | None:
    """Return a rate that was typed as percent a year; what is none narrows nothing."""
    typed = request.args.get(name, "").strip()
    if not typed or len(typed) > _RATE_LENGTH_MAX:
        return None
    try:
        return read_percent(typed) / 100
    except Refusal:
        return None


def _address(**changes: Any) -> str:  # noqa: ANN401 - query values
    kept = {name: request.args.getlist(name) for name in _KEPT if any(request.args.getlist(name))}
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


def _table(found: list[ListedLoan]) -> Table:
    columns = [
        {"key": "ref", "label": "loan"},
        {"key": "title", "label": "title"},
        {"key": "purpose", "label": "purpose"},
        {"key": "state", "label": "state"},
        {"key": "amount", "label": "amount", "kind": "money"},
        {"key": "rate", "label": "rate_percent"},
        {"key": "term", "label": "term"},
        {"key": "method", "label": "method"},
        {"key": "grade", "label": "grade"},
        {"key": "ltv", "label": "ltv_percent"},
        {"key": "reserved", "label": "paid_in", "kind": "money"},
        {"key": "left", "label": "left", "kind": "money"},
        {"key": "lenders", "label": "lenders", "kind": "number"},
        {"key": "until", "label": "funding_until"},
    ]
    return Table("loans", _("Loans"), columns, [_facts(loan) for loan in found])


def _facts(loan: ListedLoan) -> dict[str, Any]:
    return {
        "ref": loan.ref,
        "title": loan.title,
        "purpose": loan.purpose,
        "state": loan.state,
        "amount": loan.amount,
        "rate": f"{(loan.annual_rate * 100).normalize():f}",
        "term": f"{loan.instalments} x {loan.period_every} {loan.period_unit}",
        "method": loan.method,
        "grade": loan.grade,
        "ltv": None if loan.ltv_bps is None else f"{loan.ltv_bps / 100:g}",
        "reserved": loan.reserved,
        "left": loan.left,
        "lenders": loan.lenders,
        "until": loan.funding_until.isoformat(),
    }


def _json(filters: Filters, sort: str) -> Response:
    """Answer one page for machines: amounts in minor units, and where the next page is."""
    found = _found(filters, sort, listing.PAGE_SIZE + 1)
    shown, older = found[: listing.PAGE_SIZE], len(found) > listing.PAGE_SIZE
    body = {
        "count": listing.shelf_count(filters),
        "loans": [_plain(loan) for loan in shown],
        "next": _address(sort=sort, format="json", after=shown[-1].cursor) if older else None,
    }
    return jsonify(body)


def _plain(loan: ListedLoan) -> dict[str, Any]:
    amounts = {
        "amount_minor": loan.amount_minor,
        "paid_in_minor": loan.reserved_minor,
        "left_minor": loan.left.minor,
        "currency": loan.currency,
        "href": url_for("loans.loan", ref=loan.ref),
    }
    words_only = {key: value for key, value in _facts(loan).items() if key not in _MONEY}
    return {**words_only, **amounts}


_MONEY: Final = frozenset({"amount", "reserved", "left"})
