"""The film or the sound at the top of a campaign's page: taken in, shown, played."""

from __future__ import annotations

from uuid import UUID

from flask import Response, url_for

from marketplace.campaigns.forms.digital import FilmForm
from marketplace.campaigns.queries import one
from marketplace.campaigns.queries.told import told
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import filming
from marketplace.campaigns.views import plans
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.digital import said_in, shelve
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.media.queries import recordings
from marketplace.media.rules.captions import BYTES_MAX as CAPTIONS_BYTES_MAX
from marketplace.media.rules.files import BYTES_MAX, KINDS
from marketplace.web import ranges
from marketplace.web.guards import me, public, requires
from marketplace.web.incoming import takes_files_of
from marketplace.web.locale import _
from marketplace.web.rendering import done


@bp.route("/my/campaigns/<ref>/film", methods=["GET", "POST"])
@requires("campaign.draft")
@takes_files_of(BYTES_MAX + CAPTIONS_BYTES_MAX)
def film(ref: str) -> Response:
    """Show what is played at the top of the page, and take in another."""
    c, form = own_campaign(ref, Right.STORY), FilmForm()
    if form.ready() and form.succeeds(lambda: _take_in(c.id, form)):
        return done(url_for("campaigns.film", ref=ref), _("It is shown at the top of the page."))
    standing = told(c.id).film
    shown = plans.film(standing, "campaigns.own_film", {"ref": ref}) if standing else None
    megabytes = BYTES_MAX // (1024 * 1024)
    return edit("campaigns/edit_film.html", c, form, film=shown, megabytes=megabytes)


@bp.post("/my/campaigns/<ref>/film/remove")
@requires("campaign.draft")
def film_remove(ref: str) -> Response:
    """Show no film any more."""
    filming.hide_film(me(), own_campaign(ref, Right.STORY).id, clock.now())
    return done(url_for("campaigns.film", ref=ref), _("Removed."))


@bp.get("/my/campaigns/<ref>/film/<any(play, captions):what>")
@requires("campaign.draft")
def own_film(ref: str, what: str) -> Response:
    """Answer the film of a draft to who writes it."""
    return film_answer(own_campaign(ref, Right.STORY).id, what)


@bp.get("/staff/moderation/<ref>/film/<any(play, captions):what>")
@requires("campaign.moderate")
def moderated_film(ref: str, what: str) -> Response:
    """Answer the film of a campaign to who decides on it."""
    return film_answer(one.campaign(parse_public_id("cmp", ref)).id, what)


@bp.get("/projects/<ref>/film/<any(play, captions):what>")
@public
def public_film(ref: str, what: str) -> Response:
    """Answer the film of a campaign that everybody may see."""
    return film_answer(one.public_campaign(parse_public_id("cmp", ref)).id, what)


def film_answer(campaign_id: UUID, what: str) -> Response:
    """Answer the film of a campaign, whole or in part, or its captions."""
    standing = told(campaign_id).film
    if standing is None:
        raise NotFound(str(campaign_id))
    if what == "captions":
        return ranges.captions(recordings.captions(standing.id))
    found = recordings.recordings([standing.id])[standing.id]
    return ranges.stream(
        found.key,
        found.media_type,
        found.size_bytes,
        sha256=found.sha256,
        name=found.title + KINDS[found.media_type].suffix,
        inline=True,
    )


def _take_in(campaign_id: UUID, form: FilmForm) -> None:
    title, said = " ".join((form.title.data or "").split()), said_in(form)
    shelve(
        form,
        lambda shelved: filming.show_film(
            me(), campaign_id, shelved, title=title, said=said, now=clock.now()
        ),
    )
