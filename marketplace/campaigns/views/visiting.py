"""Counting visits, and showing a sponsor where they came from.

The script of a project's page tells that somebody looks at it: no cookie, no address and no
person is kept, only how many on that day came by which kind of site or by which tag.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Response, request, url_for

from marketplace.campaigns.queries import one, sources
from marketplace.campaigns.queries.sources import Source
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.rules.sources import TAG, source
from marketplace.campaigns.services import counting
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import own_campaign
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.web.guards import insist_on_same_origin, me, public, requires
from marketplace.web.limits import limiter
from marketplace.web.locale import _, _l
from marketplace.web.rendering import page

_A_MINUTE: Final = "120 per minute"  # many people may share an address
_LABELS: Final = {
    "direct": _l("Typed or saved address"),
    "site": _l("From this site"),
    "search": _l("Search engines"),
    "social": _l("Social networks"),
    "mail": _l("Mail in a browser"),
    "other": _l("Other sites"),
    "": _l("Pledges without a tag"),
}


@bp.post("/projects/<ref>/seen")
@limiter.limit(_A_MINUTE)
@public
def seen(ref: str) -> Response:
    """Count one visit or one begun pledge."""
    insist_on_same_origin()
    step = request.form.get("step", "")
    if step in counting.STEPS:
        counting.count(
            me(), parse_public_id("cmp", ref), source=_source(step), step=step, now=clock.now()
        )
    return Response(status=204)


# Stands on pages that are kept for everyone, so it can carry no token; it asks where it comes from.
UNTOKENED: Final = [seen]


@bp.get("/my/campaigns/<ref>/sources")
@requires("campaign.draft")
def campaign_sources(ref: str) -> Response:
    """Show by what people came, how many began a pledge, and how many pledged."""
    c = own_campaign(ref, Right.SEE_BACKERS)
    found = sources.of_campaign(c.id)
    return page(
        "campaigns/sources.html",
        c=c,
        ref=ref,
        rows=[_row(c, each) for each in found],
        totals=_totals(c, found),
        example=current_settings().site_url.rstrip("/")
        + url_for("campaigns.project", ref=ref, via="newsletter"),
    )


def _source(step: str) -> str:
    """Return what a look counts for; who goes back to a page with a tag has come by it before."""
    own = urlsplit(request.host_url).hostname or ""
    came = _host(request.form.get("from", "")[:200])
    is_back = step == "visit" and came == own
    return source("" if is_back else request.form.get("via", ""), came, own)


def _host(address: str) -> str:
    """Return the host of an address; nothing for what is no address."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _row(c: one.CampaignRow, found: Source) -> dict[str, Any]:
    name = found.source
    tagged = name.startswith(TAG)
    return {
        "what": name.removeprefix(TAG) if tagged else _LABELS.get(name, name),
        "visits": found.visits if name else None,
        "starts": found.starts if name else None,
        "pledges": found.pledges if tagged or not name else None,
        "amount": c.money(found.minor) if tagged or not name else None,
    }


def _totals(c: one.CampaignRow, found: Sequence[Source]) -> dict[str, Any]:
    visits, starts, pledges = (
        sum(getattr(each, name) for each in found) for name in ("visits", "starts", "pledges")
    )
    return {
        "what": _("All"),
        "visits": visits,
        "starts": starts,
        "pledges": pledges,
        "amount": c.money(sum(each.minor for each in found)),
    }
