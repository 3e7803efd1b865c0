"""What everybody may know of a sponsor before backing anything: facts, each with how it counts."""

from __future__ import annotations

from typing import Any

from flask import Response

from marketplace.campaigns.queries import record
from marketplace.campaigns.queries.record import Facts, Past
from marketplace.campaigns.states import Collection
from marketplace.campaigns.views import showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.web.guards import public
from marketplace.web.locale import _, ngettext
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import page


@bp.get("/people/<ref>")
@public
@cached_for_visitors
def person_record(ref: str) -> Response:
    """Show what became of a sponsor's campaigns and promises."""
    sponsor_id = parse_public_id("per", ref)
    found = record.facts(sponsor_id, clock.today())
    return page(
        "campaigns/record.html",
        facts=found,
        figures=_figures(found),
        rows=[_row(past) for past in record.campaigns(sponsor_id)],
    )


def _figures(found: Facts) -> list[dict[str, Any]]:
    return [
        {"label": _("Funded"), "value": _of(found.funded, found.launched), "hint": _("campaigns")},
        {
            "label": _("Delivered"),
            "value": _of(found.delivered, found.promised),
            "hint": _("rewards promised"),
        },
        {
            "label": _("On time"),
            "value": _of(found.on_time, found.delivered),
            "hint": _("of what was delivered"),
        },
        {"label": _("Usual delay"), "value": _delay(found), "hint": _("the median")},
        {
            "label": _("Money back"),
            "value": _of(found.back, found.promised),
            "hint": _("after a problem, in whole or in part"),
        },
    ]


def _of(part: int, whole: int) -> str:
    return _("%(part)s of %(whole)s", part=part, whole=whole) if whole else "–"


def _delay(found: Facts) -> str:
    days = found.median_delay_days
    if days is None:
        return "–"
    return ngettext("%(num)s day", "%(num)s days", days) if days else _("none")


def _row(past: Past) -> dict[str, Any]:
    later = past.collection == Collection.DEADLINE
    return {
        "what": past.title,
        "what_href": showing.project_url(past.id),
        "on": past.launched_at.date(),
        "raised": past.raised,
        "goal": past.goal,
        "delivered": _of(past.delivered, past.promised),
        "state": showing.campaign_tag(past.state, later=later),
    }
