"""A draft's pictures and rewards."""

from __future__ import annotations

from datetime import date

from flask import Response, url_for

from marketplace.campaigns.forms import (
    PictureForm,
    PictureWordsForm,
    RewardForm,
)
from marketplace.campaigns.queries import one
from marketplace.campaigns.queries import rewards as tiers
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.campaigns.services import picturing, rewarding
from marketplace.campaigns.services.rewarding import Tier
from marketplace.campaigns.views import showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_draft
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import parse_public_id, public_id
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
    c, form = own_draft(ref), PictureForm()
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
    c, found = own_draft(ref), _own_picture(picture)
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
    c = own_draft(ref)
    picturing.choose_cover(me(), c.id, _own_picture(picture).id, clock.now())
    return done(url_for("campaigns.pictures", ref=ref), _("That is the cover now."))


@bp.post("/my/campaigns/<ref>/pictures/<picture>/remove")
@requires("campaign.draft")
def picture_remove(ref: str, picture: str) -> Response:
    """Take a picture off the draft."""
    c = own_draft(ref)
    picturing.remove_picture(me(), c.id, _own_picture(picture).id, clock.now())
    return done(url_for("campaigns.pictures", ref=ref), _("Picture removed."))


@bp.get("/my/campaigns/<ref>/rewards")
@requires("campaign.draft")
def rewards(ref: str) -> Response:
    """Show the draft's rewards."""
    c = own_draft(ref)
    found = [
        (public_id("rwd", r.id), r, showing.reward_card(r, href=None))
        for r in tiers.of_campaign(c.id)
    ]
    return edit("campaigns/edit_rewards.html", c, RewardForm(formdata=None), rewards=found)


@bp.route("/my/campaigns/<ref>/rewards/new", methods=["GET", "POST"])
@requires("campaign.draft")
def reward_new(ref: str) -> Response:
    """Add a reward."""
    c = own_draft(ref)
    if c.currency is None:
        words = _("Set the goal first: rewards are priced in its currency.")
        return done(url_for("campaigns.funding", ref=ref), words)
    form = RewardForm()
    form.price.currency = c.currency
    if form.ready() and form.succeeds(
        lambda: rewarding.add_reward(me(), c.id, _tier(form), form_key=form.key, now=clock.now())
    ):
        return done(url_for("campaigns.rewards", ref=ref), _("Reward added."))
    return edit("campaigns/edit_reward.html", c, form, reward=None)


@bp.route("/my/campaigns/<ref>/rewards/<reward>", methods=["GET", "POST"])
@requires("campaign.draft")
def reward(ref: str, reward: str) -> Response:
    """Change a reward."""
    c = own_draft(ref)
    found = tiers.reward(parse_public_id("rwd", reward), c.id)
    form = RewardForm(data=_reward_data(found))
    form.price.currency = found.currency
    if form.ready() and form.succeeds(
        lambda: rewarding.change_reward(me(), c.id, found.id, _tier(form), clock.now())
    ):
        return done(url_for("campaigns.rewards", ref=ref), _("Reward changed."))
    return edit("campaigns/edit_reward.html", c, form, reward=found)


@bp.post("/my/campaigns/<ref>/rewards/<reward>/remove")
@requires("campaign.draft")
def reward_remove(ref: str, reward: str) -> Response:
    """Take a reward off the draft."""
    c = own_draft(ref)
    rewarding.remove_reward(me(), c.id, parse_public_id("rwd", reward), clock.now())
    return done(url_for("campaigns.rewards", ref=ref), _("Reward removed."))


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


def _tier(form: RewardForm) -> Tier:
    return Tier(
        title=form.title.data or "",
        description=form.description.data or "",
        price=form.price.required_money,
        quantity=_quantity(form.quantity.data or ""),
        delivery=_month(form.delivery.data or ""),
    )


def _quantity(text: str) -> int | None:
    plain = text.strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal()):
        raise Refusal("quantity_unreadable", "quantity")
    return int(plain)


def _month(text: str) -> date | None:
    plain = text.strip()
    if not plain:
        return None
    try:
        return date.fromisoformat(f"{plain[:7]}-01")
    except ValueError:
        raise Refusal("month_unreadable", "delivery") from None


def _reward_data(found: RewardRow) -> dict[str, object]:
    return {
        "title": found.title,
        "description": found.description,
        "price": found.price,
        "quantity": "" if found.quantity is None else str(found.quantity),
        "delivery": found.delivery.strftime("%Y-%m") if found.delivery else "",
    }
