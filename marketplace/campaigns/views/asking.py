"""A backer asks a sponsor for news."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.queries import pledges
from marketplace.campaigns.services import lateness
from marketplace.campaigns.views.blueprint import bp
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.web.guards import me, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.route("/pledges/<ref>/ask-for-news", methods=["GET", "POST"])
@signed_in
def pledge_news(ref: str) -> Response:
    """Say what asking means, and ask."""
    pledge = pledges.own_pledge(parse_public_id("pl", ref), me().known())
    form = ActForm()
    if form.ready() and form.succeeds(
        lambda: lateness.wish_for_update(me(), pledge.campaign_id, clock.now())
    ):
        words = _("Noted. The sponsor sees how many backers wait for news.")
        return done(url_for("campaigns.pledge_page", ref=ref), words)
    status = 422 if form.errors else 200
    return page("campaigns/pledge_news.html", status, ref=ref, pledge=pledge, form=form)
