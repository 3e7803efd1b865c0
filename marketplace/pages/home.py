"""The front page: what this is, two doors, what is open, and three true totals."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, url_for

from marketplace.campaigns.queries import listing
from marketplace.campaigns.queries.listing import Listed
from marketplace.campaigns.views import showing
from marketplace.escrow import queries as escrow
from marketplace.kernel import clock
from marketplace.loans.queries import listing as loan_listing
from marketplace.loans.views.cards import cards as loan_cards
from marketplace.pages.totals import Totals, totals
from marketplace.web.guards import public
from marketplace.web.locale import _, ngettext
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import money_text, page

bp = Blueprint("home", __name__)

ENDING_MAX: Final = 3
LOANS_MAX: Final = 4
_CANDIDATES: Final = 12
_WHOLE_BPS: Final = 10_000


@bp.get("/")
@public
@cached_for_visitors
def home() -> Response:
    """Show the front page."""
    now = clock.now()
    featured = _featured(listing.most_funded(_CANDIDATES, ending_after=now))
    soon = listing.featured(ENDING_MAX + 1, ending_after=now)
    ending = [each for each in soon if featured is None or each.id != featured.id][:ENDING_MAX]
    cards = showing.cards([each for each in (featured, *ending) if each], now)
    return page(
        "pages/home.html",
        featured=cards[0] if featured else None,
        featured_category=showing.category_words(featured.category) if featured else None,
        ending=cards[1:],
        loans=loan_cards(loan_listing.newest(LOANS_MAX)),
        doors=_doors(),
        totals=_figures(totals()),
        terms=escrow.terms(),
        at=now,
    )


def _featured(found: list[Listed]) -> Listed | None:
    """Return the campaign nearest to its goal; one that has passed it only if all have."""
    short = [each for each in found if each.funded_bps < _WHOLE_BPS]
    return next(iter(short or found), None)


def _doors() -> list[dict[str, Any]]:
    return [
        {
            "href": url_for("campaigns.projects"),
            "title": _("Back a project"),
            "body": _open_projects(sum(listing.counts_by_category().values())),
            "label": _("See the projects"),
        },
        {
            "href": url_for("loans.loans"),
            "title": _("Lend to a person"),
            "body": _open_loans(loan_listing.shelf_count(loan_listing.Filters())),
            "label": _("See the loans"),
        },
    ]


def _open_projects(count: int) -> str:
    if not count:
        return _("No project is open right now. If a goal is missed, all backers are refunded.")
    return ngettext(
        "%(num)s project is open. If the goal is missed you get everything back.",
        "%(num)s projects are open. If a goal is missed you get everything back.",
        count,
    )


def _open_loans(count: int) -> str:
    if not count:
        return _("No loan is looking for lenders right now. You can lose money by lending.")
    return ngettext(
        "%(num)s loan is looking for lenders, with its grade and the reasons for it."
        " You can lose money.",
        "%(num)s loans are looking for lenders, each with its grade and the reasons for it."
        " You can lose money.",
        count,
    )


def _figures(found: list[Totals]) -> list[dict[str, Any]]:
    """Return the three totals: the most used currency large, the others in a line below."""
    if not found:
        return []
    labels = {
        "held": _("held by the provider now"),
        "released": _("released to sponsors and borrowers"),
        "repaid": _("of loans repaid to lenders"),
    }
    return [
        {
            "label": label,
            "value": getattr(found[0], name),
            "hint": _others([getattr(each, name) for each in found[1:]]),
            "href": url_for("proof.proof") + f"#{name}",
        }
        for name, label in labels.items()
    ]


def _others(amounts: list[Any]) -> str | None:
    words = [money_text(amount) for amount in amounts if not amount.is_zero]
    return _("and %(amounts)s", amounts=", ".join(words)) if words else None
