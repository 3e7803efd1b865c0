"""What narrows the list of projects: the doors to the categories, and the filters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from flask import request, url_for

from marketplace.campaigns.forms import CATEGORY_LABELS
from marketplace.campaigns.queries.listing import Wanted
from marketplace.campaigns.rules.languages import LANGUAGES
from marketplace.campaigns.views import funding_words
from marketplace.kernel.money import CURRENCIES
from marketplace.web.locale import _, _l

_RESULTS: Final = "#results"
_STATES: Final = {
    "open": _l("Open now"),
    "funded": _l("Funded"),
    "unfunded": _l("Goal missed"),
    "all": _l("All"),
}
_SORTS: Final = {
    "ending": _l("Ending soon"),
    "newest": _l("Newest"),
    "funded": _l("Most funded"),
    "trending": _l("Trending"),
}
_ENDS: Final = {
    "1": _l("Within a day"),
    "3": _l("Within 3 days"),
    "7": _l("Within a week"),
    "14": _l("Within 2 weeks"),
    "30": _l("Within 30 days"),
}


class Asked(NamedTuple):
    """What the list is narrowed to, and whether its order was chosen or is the usual one."""

    wanted: Wanted
    is_sorted: bool

    @classmethod
    def here(cls, wanted: Wanted) -> Asked:
        """Return what this request asks for; `wanted` was read from it."""
        return cls(wanted, bool(request.args.get("sort")))

    def address(self, **changed: str) -> str:
        """Return the address of the same list from its beginning, but for what is `changed`."""
        wanted = self.wanted
        facts = {
            "q": wanted.words,
            "category": wanted.category,
            "currency": wanted.currency,
            "language": wanted.language,
            "state": "" if wanted.state == "open" else wanted.state,
            "ends": wanted.ends,
            "model": wanted.model,
            "pays": wanted.pays,
            "sort": wanted.sort if self.is_sorted else "",
            **changed,
        }
        asked: dict[str, Any] = {key: text for key, text in facts.items() if text}
        return url_for("campaigns.projects", **asked)


def doors(asked: Asked) -> list[dict[str, Any]]:
    """Return a way to everything and one to each category."""
    labels = {"": _("Everything"), **CATEGORY_LABELS}
    return [
        {
            "label": label,
            "href": asked.address(category=key),
            "current": asked.wanted.category == key,
            "swap": _RESULTS,
        }
        for key, label in labels.items()
    ]


def fields(asked: Asked) -> list[dict[str, Any]]:
    """Return the filters, as they are set, in their order."""
    wanted = asked.wanted
    kept = [{"hidden": "category", "value": wanted.category}] if wanted.category else []
    currencies = [(code, code) for code in CURRENCIES]
    inspection = [("inspection", _("In part after inspection"))]
    return [
        *kept,
        {"search": "q", "label": _("Search"), "value": wanted.words},
        _choice("state", _("State"), _STATES.items(), wanted.state),
        _choice("language", _("Language"), LANGUAGES.items(), wanted.language, _("Any language")),
        _choice("currency", _("Currency"), currencies, wanted.currency, _("Any currency")),
        _choice("ends", _("Ends"), _ENDS.items(), wanted.ends, _("Any time")),
        _choice(
            "model", _("Kind of funding"), funding_words.NAMES.items(), wanted.model, _("Any kind")
        ),
        _choice("pays", _("Sponsor is paid"), inspection, wanted.pays, _("At any time")),
        _choice("sort", _("Order"), _SORTS.items(), wanted.sort),
    ]


def _choice(
    name: str,
    label: str,
    options: Iterable[tuple[str, Any]],
    chosen: str,
    every: str = "",
) -> dict[str, Any]:
    """Return a list to choose from; `every` is what it says where nothing is chosen."""
    first = [("", every)] if every else []
    return {"select": name, "label": label, "options": [*first, *options], "value": chosen}
