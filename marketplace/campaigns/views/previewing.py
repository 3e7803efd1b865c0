"""A draft as visitors will see it: for who writes it, and for whoever has its link."""

from __future__ import annotations

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.queries import previews
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import previewing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import as_public, edit, own_campaign
from marketplace.campaigns.views.filming import film_answer
from marketplace.campaigns.views.showing import project_url
from marketplace.infra import crypto
from marketplace.kernel import clock
from marketplace.web.guards import me, public, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/my/campaigns/<ref>/preview")
@requires("campaign.draft")
def preview(ref: str) -> Response:
    """Show the draft exactly as visitors would see it."""
    c = own_campaign(ref, Right.STORY)
    if c.goal_minor is None or c.deadline is None:
        return done(
            url_for("campaigns.funding", ref=ref), _("Set the goal first; the page shows it.")
        )
    return page(
        "campaigns/story.html",
        preview_back=url_for("campaigns.desk", ref=ref),
        preview_back_label=_("Back to the campaign"),
        preview_words=_("Visitors will see the page like this."),
        **as_public(c),
    )


@bp.route("/my/campaigns/<ref>/preview-link", methods=["GET", "POST"])
@requires("campaign.draft")
def preview_link(ref: str) -> Response:
    """Say whether a link shows the preview; make a new one, which is shown this once."""
    c, form, link = own_campaign(ref, Right.STORY), ActForm(), ""
    if form.ready():
        secret = form.attempt(lambda: previewing.share_preview(me(), c.id, clock.now()))
        link = secret and url_for("campaigns.shared_preview", token=secret, _external=True)
    is_shared = previews.is_shared(c.id)
    return edit("campaigns/preview_link.html", c, form, link=link, is_shared=is_shared)


@bp.post("/my/campaigns/<ref>/preview-link/end")
@requires("campaign.draft")
def preview_end(ref: str) -> Response:
    """End the link to the preview."""
    previewing.end_preview(me(), own_campaign(ref, Right.STORY).id, clock.now())
    return done(url_for("campaigns.preview_link", ref=ref), _("The link shows nothing any more."))


@bp.get("/preview/<token>")
@public
def shared_preview(token: str) -> Response | Answer:
    """Show a draft to whoever has its link; once everybody may see it, its page."""
    c = previews.by_digest(crypto.digest(token))
    if c.is_public:
        return redirect(project_url(c.id), 303)
    shown = page(
        "campaigns/story.html",
        preview_back=url_for("campaigns.projects"),
        preview_back_label=_("Projects"),
        preview_words=_(
            "Somebody who works on it gave you the link. It is not public, may still change, and"
            " nothing can be pledged yet."
        ),
        **as_public(c, "campaigns.shared_film", {"token": token}),
    )
    return _unlisted(shown)


@bp.get("/preview/<token>/film/<any(play, captions):what>")
@public
def shared_film(token: str, what: str) -> Response:
    """Answer the film of a draft to whoever has its link."""
    return _unlisted(film_answer(previews.by_digest(crypto.digest(token)).id, what))


def _unlisted(response: Response) -> Response:
    """Keep an answer out of search engines and out of every cache on the way."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response
