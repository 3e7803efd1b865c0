"""Following campaigns and their sponsors."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.campaigns.queries import followed, waiting
from marketplace.campaigns.views import public as pages
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.feeds import dates_href
from marketplace.community.services import following
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.web.guards import me, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.post("/projects/<ref>/follow")
@signed_in
def follow(ref: str) -> Response:
    """Follow a campaign."""
    following.follow(me(), "campaign", pages.shown(ref).id, clock.now())
    words = _("You follow this project: you hear of its updates and how it ends.")
    return done(url_for("campaigns.project", ref=ref), words)


@bp.post("/projects/<ref>/unfollow")
@signed_in
def unfollow(ref: str) -> Response:
    """Follow a campaign no longer."""
    following.unfollow(me(), "campaign", pages.shown(ref).id)
    return done(url_for("campaigns.project", ref=ref), _("You no longer follow this project."))


@bp.post("/projects/<ref>/follow-sponsor")
@signed_in
def follow_sponsor(ref: str) -> Response:
    """Follow whoever makes a campaign: hear when they begin another one."""
    c = pages.shown(ref)
    following.follow(me(), "sponsor", c.sponsor_id, clock.now())
    words = _("You follow %(name)s: you hear when their next project begins.", name=c.sponsor)
    return done(url_for("campaigns.my_follows"), words)


@bp.get("/my/follows")
@signed_in
def my_follows() -> Response:
    """List what a person follows."""
    person_id = me().known()
    return page(
        "campaigns/follows.html",
        campaigns=followed.campaigns(person_id),
        sponsors=followed.sponsors(person_id),
        waits=waiting.all_mine(person_id),
        dates=dates_href(),
    )


@bp.post("/my/follows/<any(campaign, sponsor):kind>/<ref>/end")
@signed_in
def follow_end(kind: str, ref: str) -> Response:
    """Follow one of them no longer."""
    prefix = "cmp" if kind == "campaign" else "per"
    following.unfollow(me(), kind, parse_public_id(prefix, ref))
    return done(url_for("campaigns.my_follows"), _("You no longer follow it."))
