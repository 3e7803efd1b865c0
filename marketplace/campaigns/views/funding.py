"""Goal and deadline on the drafting table: how much, by when, by what rule, charged when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Response

from marketplace.campaigns.forms.funding import COLLECTION_HINTS, MODEL_HINTS, FundingForm
from marketplace.campaigns.queries.one import CampaignRow
from marketplace.campaigns.rules import deadlines
from marketplace.campaigns.services import drafting
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign, saved
from marketplace.kernel import clock
from marketplace.web.guards import me, requires
from marketplace.web.locale import _


@bp.route("/my/campaigns/<ref>/funding", methods=["GET", "POST"])
@requires("campaign.draft")
def funding(ref: str) -> Response:
    """Goal and deadline, what decides, and when backers are charged."""
    c = own_campaign(ref)
    form = FundingForm(data=_data(c))
    form.collection.hints, form.model.hints = dict(COLLECTION_HINTS), dict(MODEL_HINTS)
    if form.ready() and form.succeeds(
        lambda: drafting.write_funding(
            me(),
            c.id,
            goal=form.goal.required_money,
            deadline=form.instant,
            collection=form.collection.data or "now",
            ending=form.ending,
            now=clock.now(),
        )
    ):
        return saved(ref, _("Goal and deadline saved."))
    days_max = drafting.longest(form.collection.data or "now").days
    return edit("campaigns/edit_funding.html", c, form, days_max=days_max)


def _data(c: CampaignRow) -> dict[str, Any]:
    deadline = deadlines.on_the_wall(c.deadline or _suggested(), c.deadline_zone)
    return {
        "currency": c.currency or "EUR",
        "goal": c.goal if c.goal_minor else "",
        "model": c.model,
        "optimum": c.money(c.optimum_minor) if c.optimum_minor else "",
        "round_two_days": c.round_two_days,
        "deadline": deadline.replace(microsecond=0),
        "zone": c.deadline_zone,
        "collection": c.collection,
        "floor": c.money(c.floor_minor) if c.floor_minor else "",
        "late_days": (c.late_until - c.deadline).days if c.late_until and c.deadline else None,
    }


def _suggested() -> datetime:
    return (clock.now() + timedelta(days=30)).replace(hour=20, minute=0, second=0)
