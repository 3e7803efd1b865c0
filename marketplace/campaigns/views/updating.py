"""A sponsor's news: written for everybody or for some, planned, taken back."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.campaigns.forms.updates import UpdateForm
from marketplace.campaigns.queries import lateness, one, rewards, updates
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import telling
from marketplace.campaigns.services.telling import Audience
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done


@bp.route("/my/campaigns/<ref>/updates/new", methods=["GET", "POST"])
@requires("campaign.draft")
def update_new(ref: str) -> Response:
    """Post news, and show what can still be taken back."""
    c, form = own_campaign(ref, Right.TALK), UpdateForm()
    tiers = rewards.of_campaign(c.id)
    form.offer((public_id("rwd", tier.id), tier.title) for tier in tiers)
    if form.ready() and form.succeeds(lambda: _post(c, form)):
        words = _("Update posted. Until it goes out by mail it can be taken back.")
        return done(url_for("campaigns.update_new", ref=ref), words)
    wished = lateness.wished(c.id)
    return edit("campaigns/update_new.html", c, form, waiting=updates.waiting(c.id), wished=wished)


@bp.post("/my/campaigns/<ref>/updates/<update>/take-back")
@requires("campaign.draft")
def update_take_back(ref: str, update: str) -> Response:
    """Take news back before it is sent."""
    update_id = parse_public_id("upd", update)
    telling.take_back_update(me(), own_campaign(ref, Right.TALK).id, update_id, clock.now())
    return done(url_for("campaigns.update_new", ref=ref), _("Taken back. Nobody gets it."))


def _post(c: one.CampaignRow, form: UpdateForm) -> None:
    telling.post_update(
        me(),
        c.id,
        title=form.title.data or "",
        body=form.body.data or "",
        form_key=form.key,
        now=clock.now(),
        audience=_audience(form),
    )


def _audience(form: UpdateForm) -> Audience:
    who = form.audience.data or "all"
    if who in {"all", "backers"}:
        return Audience(who, publish_at=form.publish_at.moment)
    try:
        reward_id = parse_public_id("rwd", who)
    except NotFound:
        raise Refusal("audience_unknown", "audience") from None
    return Audience("rewards", [reward_id], form.publish_at.moment)
