"""A sponsor's backers by segment, as a page and as a sheet; who stays unnamed is unnamed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Response, request, url_for

from marketplace.campaigns.queries import one, rewards, segments
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.campaigns.queries.segments import NO_REWARD, Backer, Segment, Size
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.views import delivery_words, showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import own_campaign
from marketplace.kernel.ids import public_id
from marketplace.web import csv_answer
from marketplace.web.countries import countries
from marketplace.web.csv_answer import Table
from marketplace.web.cursors import cursor
from marketplace.web.guards import requires
from marketplace.web.locale import _, _l, locale_name
from marketplace.web.rendering import page

PAGE_SIZE: Final = 50
_SHEET_MAX: Final = 20_000
_STATES: Final = {
    "promised": _l("Promised"),
    "declined": _l("Card declined"),
    "held": _l("Paid and held"),
    "released": _l("Released"),
    "back": _l("Back with the backer"),
    "charged_back": _l("Taken back by a bank"),
    "lapsed": _l("Ended, not charged"),
}
_DELIVERIES: Final = {
    "to_ship": _l("To send"),
    "shipped": _l("On its way"),
    "received": _l("Received"),
    "trouble": _l("Problems"),
}
_COLUMNS: Final = (
    {"key": "backer", "label": _l("Backer")},
    {"key": "amount", "label": _l("Pledge"), "kind": "money"},
    {"key": "reward", "label": _l("Reward")},
    {"key": "country", "label": _l("Country")},
    {"key": "once", "label": _l("Backs you")},
    {"key": "on", "label": _l("Pledged"), "kind": "date"},
    {"key": "state", "label": _l("State"), "kind": "tag"},
)
_TRAITS: Final = {"reward": _l("Reward"), "country": _l("Country"), "once": _l("Backs you")}
_ONCE: Final = {"first": _l("First time"), "again": _l("Again")}


@bp.get("/my/campaigns/<ref>/backers")
@requires("campaign.draft")
def segmented_backers(ref: str) -> Response:
    """List the backers of a segment, or hand all of them out as a sheet."""
    c = own_campaign(ref, Right.SEE_BACKERS)
    segment = Segment.read(request.args)
    if csv_answer.wanted():
        found = segments.backers(c.id, segment, limit=_SHEET_MAX)
        return csv_answer.csv_answer(_sheet(c, found))
    found = segments.backers(c.id, segment, after=cursor("pl"), limit=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    sizes, tiers = segments.sizes(c.id), rewards.of_campaign(c.id)
    return page(
        "campaigns/segments.html",
        c=c,
        ref=ref,
        segment=segment,
        choices=_choices(sizes, tiers),
        sizes=[_size(c, size, tiers) for size in sizes],
        columns=_COLUMNS,
        rows=[_shown(row) for row in shown],
        older=url_for(
            "campaigns.segmented_backers",
            ref=ref,
            after=public_id("pl", shown[-1].pledge_id),
            **segment.asked,
        )
        if len(found) > PAGE_SIZE
        else None,
        sheet=url_for("campaigns.segmented_backers", ref=ref, format="csv", **segment.asked),
    )


def _sheet(c: one.CampaignRow, found: Sequence[Backer]) -> Table:
    """Return a segment with all that is known of each pledge."""
    columns = [
        *_COLUMNS,
        {"key": "source", "label": _("Came by")},
        {"key": "delivery", "label": _("Delivery"), "kind": "tag"},
    ]
    name = f"backers-{public_id('cmp', c.id)}"
    return Table(name, c.title, columns, [_row(row) for row in found])


def _row(row: Backer) -> dict[str, Any]:
    return {
        "backer": row.backer or _("Somebody who chose not to be named"),
        "amount": row.amount,
        "reward": row.reward_title or _("No reward"),
        "country": _country(row.country or ""),
        "once": _ONCE["again" if row.again else "first"],
        "on": row.pledged_at.date(),
        "state": showing.pledge_tag(row.state),
        "source": row.source or "",
        "delivery": delivery_words.state_tag(row.delivery) if row.delivery else None,
    }


def _shown(row: Backer) -> dict[str, Any]:
    """Return a pledge as a line of the page: where what was promised is, once there is that."""
    cells = _row(row)
    return cells | {"state": cells["delivery"] or cells["state"]}


def _choices(sizes: Sequence[Size], tiers: Sequence[RewardRow]) -> dict[str, list[tuple[str, Any]]]:
    """Return what can be chosen of each trait; of countries only those that are here."""
    here = [size.value for size in sizes if size.trait == "country"]
    titles = [(public_id("rwd", row.id), row.title) for row in tiers]
    found: dict[str, list[tuple[str, Any]]] = {
        "reward": [*titles, (NO_REWARD, _("No reward"))],
        "country": sorted(((code, _country(code)) for code in here), key=lambda pair: pair[1]),
        "state": list(_STATES.items()),
        "delivery": list(_DELIVERIES.items()),
        "once": list(_ONCE.items()),
    }
    return {trait: [("", _("Any")), *choices] for trait, choices in found.items()}


def _size(c: one.CampaignRow, size: Size, tiers: Sequence[RewardRow]) -> dict[str, Any]:
    """Return one trait's row; its name leads to who has it."""
    value, name = size.value, _country(size.value)
    if size.trait == "once":
        name = str(_ONCE[size.value])
    elif size.trait == "reward":
        tier = next((row for row in tiers if str(row.id) == size.value), None)
        value = public_id("rwd", tier.id) if tier else NO_REWARD
        name = tier.title if tier else _("No reward")
    asked: dict[str, Any] = {size.trait: value}
    return {
        "what": name,
        "what_href": url_for("campaigns.segmented_backers", ref=public_id("cmp", c.id), **asked),
        "trait": _TRAITS[size.trait],
        "count": size.count,
        "sum": c.money(size.minor),
    }


def _country(code: str) -> str:
    return countries(locale_name()).get(code, code)
