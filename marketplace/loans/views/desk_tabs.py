"""The pages of the lender's desk, as tabs over each of them."""

from __future__ import annotations

from typing import Any

from flask import url_for

from marketplace.web.locale import _


def tabs(current: str, currency: str | None = None) -> list[dict[str, Any]]:
    """Return the tabs of the desk; `current` is the endpoint of the page they stand on."""
    pages = (
        ("loans.portfolio", _("Portfolio")),
        ("loans.calendar", _("Calendar")),
        ("loans.returns", _("Return")),
        ("loans.my_notes", _("Notes")),
        ("loans.auto_invest", _("Auto-invest")),
        ("loans.statements", _("Statements")),
    )
    return [
        {
            "label": label,
            "href": url_for(endpoint, currency=currency) if currency else url_for(endpoint),
            "current": endpoint == current,
        }
        for endpoint, label in pages
    ]


def currency_tabs(endpoint: str, currencies: list[str], chosen: str) -> list[dict[str, Any]]:
    """Return one tab for each currency, where there are several."""
    if len(currencies) < 2:
        return []
    return [
        {"label": code, "href": url_for(endpoint, currency=code), "current": code == chosen}
        for code in currencies
    ]
