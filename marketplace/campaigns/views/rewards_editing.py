"""The sponsor's pages of rewards: what they are, in which order, who sees them."""

from __future__ import annotations

from uuid import UUID

from flask import Response, url_for
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.campaigns.forms.rewards import RewardForm, month_in
from marketplace.campaigns.queries import one, rewards
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import rewarding
from marketplace.campaigns.services.rewarding import Tier
from marketplace.campaigns.views import reward_cards
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.media import queries as media
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/my/campaigns/<ref>/rewards", endpoint="rewards")
@requires("campaign.draft")
def rewards_list(ref: str) -> Response:
    """Show the rewards as they are, and what can be done with each."""
    c = written_campaign(ref)
    found = rewards.of_campaign(c.id)
    cards = reward_cards.cards(found, href=lambda _row: None)
    shown = [(public_id("rwd", row.id), row, card) for row, card in zip(found, cards, strict=True)]
    return edit("campaigns/edit_rewards.html", c, RewardForm(formdata=None), rewards=shown)


@bp.route("/my/campaigns/<ref>/rewards/new", methods=["GET", "POST"])
@requires("campaign.draft")
def reward_new(ref: str) -> Response:
    """Add a reward."""
    c = written_campaign(ref)
    if c.currency is None:
        words = _("Set the goal first: rewards are priced in its currency.")
        return done(url_for("campaigns.funding", ref=ref), words)
    form = _form(c, RewardForm())
    if form.ready() and form.succeeds(
        lambda: rewarding.add_reward(me(), c.id, _tier(form), form_key=form.key, now=clock.now())
    ):
        return done(url_for("campaigns.rewards", ref=ref), _("Reward added."))
    return edit("campaigns/edit_reward.html", c, form, reward=None)


@bp.route("/my/campaigns/<ref>/rewards/<reward>", methods=["GET", "POST"])
@requires("campaign.draft")
def reward(ref: str, reward: str) -> Response:
    """Change a reward."""
    c, found = written_reward(ref, reward)
    form = _form(c, RewardForm(data=_data(found)))
    if form.ready() and form.succeeds(
        lambda: rewarding.change_reward(me(), c.id, found.id, _tier(form), clock.now())
    ):
        return done(url_for("campaigns.rewards", ref=ref), _("Reward changed."))
    return edit("campaigns/edit_reward.html", c, form, reward=found)


@bp.post("/my/campaigns/<ref>/rewards/<reward>/remove")
@requires("campaign.draft")
def reward_remove(ref: str, reward: str) -> Response:
    """Take a reward off; one that was pledged for is withdrawn."""
    c, found = written_reward(ref, reward)
    rewarding.remove_reward(me(), c.id, found.id, clock.now())
    words = _("Reward withdrawn: what was pledged for it stands.") if found.taken else None
    return done(url_for("campaigns.rewards", ref=ref), words or _("Reward removed."))


@bp.post("/my/campaigns/<ref>/rewards/<reward>/<any(earlier, later):way>")
@requires("campaign.draft")
def reward_move(ref: str, reward: str, way: str) -> Response:
    """Put a reward one place earlier or later."""
    c, found = written_reward(ref, reward)
    rewarding.move_reward(me(), c.id, found.id, earlier=way == "earlier", now=clock.now())
    return done(url_for("campaigns.rewards", ref=ref), _("Order changed."))


@bp.post("/my/campaigns/<ref>/rewards/<reward>/hide")
@requires("campaign.draft")
def reward_hide(ref: str, reward: str) -> Response:
    """Hide a reward behind a link, which is shown this once."""
    c, found = written_reward(ref, reward)
    secret = rewarding.hide_reward(me(), c.id, found.id, clock.now())
    link = url_for("campaigns.secret_reward", ref=ref, secret=secret, _external=True)
    return page("campaigns/reward_link.html", c=c, ref=ref, reward=found, link=link)


@bp.post("/my/campaigns/<ref>/rewards/<reward>/show")
@requires("campaign.draft")
def reward_show(ref: str, reward: str) -> Response:
    """Show a hidden reward to everybody again."""
    c, found = written_reward(ref, reward)
    rewarding.show_reward(me(), c.id, found.id, clock.now())
    return done(url_for("campaigns.rewards", ref=ref), _("Everybody sees this reward now."))


def written_campaign(ref: str) -> one.CampaignRow:
    """Return a campaign whose rewards the person may write; the command says whether now."""
    return own_campaign(ref, Right.REWARDS)


def written_reward(ref: str, reward: str) -> tuple[one.CampaignRow, RewardRow]:
    """Return such a campaign and one of its rewards."""
    c = written_campaign(ref)
    return c, rewards.reward(parse_public_id("rwd", reward), c.id)


def _form(c: one.CampaignRow, form: RewardForm) -> RewardForm:
    form.price.currency = c.currency or ""
    known = media.pictures(one.picture_ids(c.id))
    form.picture.choices = [SelectChoice("", _("None"))]
    form.picture.choices += [
        SelectChoice(public_id("pic", picture.id), picture.alt) for picture in known.values()
    ]
    form.kind.hints = {
        "physical": _("Its delivery is inspected before the sponsor gets the last part."),
        "digital": _("It is handed out on this site."),
        "experience": _("A visit, a workshop, a name in the credits."),
    }
    return form


def _tier(form: RewardForm) -> Tier:
    return Tier(
        title=form.title.data or "",
        description=form.description.data or "",
        price=form.price.required_money,
        quantity=_whole(form.quantity.data or "", "quantity"),
        delivery=month_in(form.delivery),
        kind=form.kind.data or "",
        is_addon=bool(form.is_addon.data),
        per_person=_whole(form.per_person.data or "", "per_person"),
        opens_at=form.opens_at.moment,
        closes_at=form.closes_at.moment,
        picture_id=_picture_id(form.picture.data or ""),
    )


def _whole(text: str, field: str) -> int | None:
    plain = text.strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal()):
        raise Refusal("quantity_unreadable", field)
    return int(plain)


def _picture_id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return parse_public_id("pic", text)
    except NotFound:
        raise Refusal("picture_not_here", "picture") from None


def _data(found: RewardRow) -> dict[str, object]:
    return {
        "title": found.title,
        "description": found.description,
        "kind": found.kind,
        "price": found.price,
        "quantity": "" if found.quantity is None else str(found.quantity),
        "per_person": "" if found.per_person is None else str(found.per_person),
        "delivery": found.delivery.strftime("%Y-%m") if found.delivery else "",
        "opens_at": found.opens_at,
        "closes_at": found.closes_at,
        "picture": public_id("pic", found.picture_id) if found.picture_id else "",
        "is_addon": found.is_addon,
    }
