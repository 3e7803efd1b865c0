"""The two desks of finance officers, with the words and ways their templates need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, request, url_for

from marketplace.backoffice import words
from marketplace.escrow import gateway
from marketplace.web.csv_answer import Table
from marketplace.web.locale import _, _l

finance = Blueprint("finance", __name__, url_prefix="/staff/finance")
books = Blueprint("books", __name__, url_prefix="/staff/ledger")

# Endpoint, words, access key. The keys are the same on every page of a desk.
_TABS: Final = {
    "finance": (
        ("finance.cockpit", _l("Cockpit"), "c"),
        ("finance.approvals", _l("Approvals"), "w"),
        ("finance.settlement", _l("Next settlement"), "s"),
        ("finance.dead_letters", _l("Dead letters"), "l"),
        ("finance.instructions", _l("Instructions"), "i"),
        ("finance.deliveries", _l("Deliveries"), "d"),
        ("finance.disbursements", _l("Disbursements"), "m"),
        ("finance.vouchers", _l("Vouchers"), "u"),
        ("finance.collections", _l("Bank lines"), "g"),
        ("finance.payouts", _l("Waiting payouts"), "p"),
        ("finance.disputes_list", _l("Disputes"), "t"),
        ("finance.held_list", _l("Held money"), "h"),
        ("finance.reserve", _l("Reserve"), "v"),
        ("finance.overdue", _l("Overdue"), "o"),
        ("loans.line_desk", _l("Credit lines"), "e"),
        ("finance.jobs", _l("Failed jobs"), "f"),
        ("finance.reconciliation", _l("Proof"), "r"),
        ("finance.bank_desk", _l("Bank"), "b"),
    ),
    "books": (
        ("books.accounts", _l("Accounts"), "a"),
        ("books.journals", _l("Journals"), "j"),
    ),
}
# Where addresses begin that belong to a tab with another one.
_UNDER: Final = {
    "/staff/finance/loans/": "finance.overdue",
    "/staff/finance/write-offs": "finance.overdue",
    "/staff/finance/differences/": "finance.reconciliation",
    "/staff/finance/remedies/": "finance.dead_letters",
}


def _tabs(desk: str) -> list[dict[str, Any]]:
    over = next((tab for start, tab in _UNDER.items() if request.path.startswith(start)), None)
    path = url_for(over) if over else request.path
    found: list[dict[str, Any]] = [
        {"label": str(label), "href": url_for(endpoint), "key": key}
        for endpoint, label, key in _TABS[desk]
        if endpoint != "finance.bank_desk" or gateway.current().name == "bank"
    ]
    # The longest address that leads here: the cockpit's is the start of all the others.
    leading = [tab for tab in found if f"{path}/".startswith(f"{tab['href']}/")]
    if leading:
        max(leading, key=lambda tab: len(tab["href"]))["current"] = True
    return found


@finance.app_template_filter("shown_columns")
def _shown_columns(table: Table) -> list[Mapping[str, Any]]:
    """Return the columns a page has room for; the others, ids mostly, are in the download."""
    return [column for column in table.columns if not column.get("csv_only")]


@finance.context_processor
def _finance_words() -> dict[str, Any]:
    return {"w": words, "desk": _("Finance"), "desk_tabs": _tabs("finance")}


@books.context_processor
def _ledger_words() -> dict[str, Any]:
    return {"w": words, "desk": _("Ledger"), "desk_tabs": _tabs("books")}
