"""The list of loans that are late: how late, what cures each, who was told, what comes next."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from flask import Response, request, url_for

from marketplace.backoffice import lists
from marketplace.backoffice.blueprints import finance
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.ledger import chart
from marketplace.loans.queries import overdue as queries
from marketplace.loans.queries import products
from marketplace.loans.queries.overdue import BUCKETS, Next, Overdue, Wanted
from marketplace.web.csv_answer import Table
from marketplace.web.guards import requires
from marketplace.web.locale import _, _l

TONES: Final = {"1-30": "warn", "31-60": "bad", "61-90": "bad", "90+": "bad"}
_NEXT: Final[dict[str, Any]] = {
    Next.FIRST_LETTER: _l("The borrower is told that it is late"),
    Next.SECOND_LETTER: _l("The borrower is told again, officers hear of it"),
    Next.LOOK: _l("An officer looks at it"),
    Next.AGAIN: _l("An officer looks at it again"),
    Next.DECIDE: _l("Officers decide what becomes of it"),
}
_TOLD: Final[dict[str, Any]] = {
    "T-7": _l("Due in a week"),
    "T-1": _l("Due tomorrow"),
    "T0": _l("Due today"),
    "T+1": _l("One day late"),
    "T+3": _l("Three days late"),
}


@finance.get("/overdue")
@requires("finance.see")
def overdue() -> Response:
    """List the loans that are late, the longest late first."""
    shelf = {each.code: each.name for each in products.products()}
    wanted = Wanted(
        lists.one_of("bucket", BUCKETS),
        lists.one_of("currency", chart.NUMBERS),
        lists.one_of("product", shelf),
        lists.one_of("next", set(Next)),
    )
    found = lists.cut(
        queries.overdue(clock.today(), wanted, after=_after(), limit=lists.size()),
    )
    last = found.rows[-1] if found.more else None
    return lists.answer(
        "backoffice/overdue.html",
        _table([_row(each, shelf) for each in found.rows]),
        wanted=wanted,
        narrowed=wanted != Wanted(),
        choices=_choices(shelf),
        more_href=lists.here(after=f"{last.due_on}~{last.ref}") if last else None,
        first_href=lists.here(after=None) if "after" in request.args else None,
    )


def bucket_words(name: str) -> str:
    """Return how late a bucket's loans are, in words."""
    if name == "90+":
        return _("More than 90 days")
    return _("%(days)s days", days=name.replace("-", "–"))


def _choices(shelf: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    every = ("", _("All"))
    return {
        "bucket": [every, *((name, bucket_words(name)) for name in BUCKETS)],
        "currency": [every, *((name, name) for name in sorted(chart.NUMBERS))],
        "product": [every, *shelf.items()],
        "next": [every, *((each.value, str(_NEXT[each])) for each in Next)],
    }


def _after() -> tuple[date, UUID] | None:
    """Return due day and id of the last loan seen, written `2026-03-31~ln_…`."""
    on, _mark, ref = lists.typed("after").partition("~")
    try:
        return date.fromisoformat(on), parse_public_id("ln", ref)
    except (ValueError, NotFound):
        return None


def _table(rows: list[dict[str, Any]]) -> Table:
    return Table(
        "overdue",
        _("Overdue loans, the longest late first"),
        [
            {"key": "borrower", "label": _("Borrower")},
            {"key": "borrower_ref", "label": _("Borrower’s id"), "csv_only": True},
            {"key": "loan", "label": _("Loan"), "kind": "title"},
            {"key": "loan_ref", "label": _("Loan’s id"), "csv_only": True},
            {"key": "days", "label": _("Days past due"), "kind": "number"},
            {"key": "bucket", "label": _("Bucket"), "kind": "tag"},
            {"key": "cure", "label": _("Amount to cure"), "kind": "money"},
            {"key": "next", "label": _("Next"), "kind": "title"},
            {"key": "next_on", "label": _("Next on"), "kind": "date"},
            {"key": "due", "label": _("Oldest due day"), "kind": "date"},
            {"key": "told", "label": _("Last told")},
            {"key": "told_on", "label": _("Told on"), "kind": "date", "csv_only": True},
            {"key": "charges", "label": _("Of it charges"), "kind": "money"},
            {"key": "product", "label": _("Product"), "csv_only": True},
        ],
        rows,
    )


def _row(loan: Overdue, shelf: dict[str, str]) -> dict[str, Any]:
    borrower_ref = public_id("per", loan.borrower_id)
    return {
        "borrower": loan.borrower,
        "borrower_href": url_for("books.accounts", q=borrower_ref),
        "borrower_ref": borrower_ref,
        "loan": loan.title,
        "loan_href": url_for("finance.served_loan", ref=loan.ref),
        "loan_ref": loan.ref,
        "product": shelf.get(loan.product, loan.product),
        "due": loan.due_on,
        "days": loan.days,
        "bucket": {"label": bucket_words(loan.bucket), "tone": TONES[loan.bucket]},
        "cure": loan.cure,
        "charges": loan.charges,
        "told": str(_TOLD[loan.told_kind]) if loan.told_kind else None,
        "told_on": loan.told_on,
        "next": str(_NEXT[Next(loan.next)]),
        "next_href": url_for("finance.served_loan", ref=loan.ref, _anchor="see-to"),
        "next_on": loan.next_on,
    }
