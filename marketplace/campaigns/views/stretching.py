"""Stretch goals: the page on which a sponsor writes them."""

from __future__ import annotations

from flask import Response

from marketplace.campaigns.forms.stretching import stretch_form
from marketplace.campaigns.queries import stretching
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services.stretching import write_goals
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign, saved
from marketplace.kernel import clock
from marketplace.web.guards import me, requires
from marketplace.web.locale import _


@bp.route("/my/campaigns/<ref>/stretch-goals", methods=["GET", "POST"])
@requires("campaign.draft")
def stretch(ref: str) -> Response:
    """What becomes possible with more than the goal."""
    c = own_campaign(ref, Right.STORY)
    form = stretch_form(stretching.of_campaign(c.id), c.currency or "EUR")
    if form.ready() and form.succeeds(lambda: write_goals(me(), c.id, form.goals, now=clock.now())):
        return saved(ref, _("Stretch goals saved."))
    return edit("campaigns/edit_stretch.html", c, form)
