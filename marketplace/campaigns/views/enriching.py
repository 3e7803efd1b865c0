"""A draft's pictures."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.campaigns.forms import (
    PictureForm,
    PictureWordsForm,
)
from marketplace.campaigns.queries import one
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import picturing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.media import queries as media
from marketplace.media.encoding import BYTES_MAX
from marketplace.media.services import checked_alt, prepare
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done


@bp.route("/my/campaigns/<ref>/pictures", methods=["GET", "POST"])
@requires("campaign.draft")
def pictures(ref: str) -> Response:
    """Show the draft's pictures and take in another."""
    c, form = own_campaign(ref, Right.STORY), PictureForm()
    if form.ready() and form.succeeds(lambda: _take_in(c, form)):
        return done(url_for("campaigns.pictures", ref=ref), _("Picture added."))
    ids = one.picture_ids(c.id)
    known = media.pictures(ids)
    return edit(
        "campaigns/edit_pictures.html", c, form, pictures=[known[i] for i in ids if i in known]
    )


@bp.route("/my/campaigns/<ref>/pictures/<picture>", methods=["GET", "POST"])
@requires("campaign.draft")
def picture(ref: str, picture: str) -> Response:
    """Change what a picture says and where it may be cropped."""
    c, found = own_campaign(ref, Right.STORY), _own_picture(picture)
    form = PictureWordsForm(data={"alt": found.alt, "focus": found.focus})
    if form.ready() and form.succeeds(
        lambda: picturing.describe_picture(
            me(), c.id, found.id, alt=form.alt.data or "", focus=form.point, now=clock.now()
        )
    ):
        return done(url_for("campaigns.pictures", ref=ref), _("Picture changed."))
    return edit("campaigns/edit_picture.html", c, form, picture=found)


@bp.post("/my/campaigns/<ref>/pictures/<picture>/cover")
@requires("campaign.draft")
def picture_cover(ref: str, picture: str) -> Response:
    """Make a picture the cover."""
    c = own_campaign(ref, Right.STORY)
    picturing.choose_cover(me(), c.id, _own_picture(picture).id, clock.now())
    return done(url_for("campaigns.pictures", ref=ref), _("That is the cover now."))


@bp.post("/my/campaigns/<ref>/pictures/<picture>/remove")
@requires("campaign.draft")
def picture_remove(ref: str, picture: str) -> Response:
    """Take a picture off the draft."""
    c = own_campaign(ref, Right.STORY)
    picturing.remove_picture(me(), c.id, _own_picture(picture).id, clock.now())
    return done(url_for("campaigns.pictures", ref=ref), _("Picture removed."))


def _take_in(c: one.CampaignRow, form: PictureForm) -> None:
    checked_alt(form.alt.data or "")
    sent = form.picture.data
    data = sent.read(BYTES_MAX + 1) if sent else b""
    kept = prepare(data)
    picturing.add_picture(
        me(), c.id, kept, alt=form.alt.data or "", focus=form.point, now=clock.now()
    )


def _own_picture(text: str) -> media.PictureRow:
    return media.owned(parse_public_id("pic", text), me().known())
