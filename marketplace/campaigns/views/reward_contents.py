"""The sponsor's pages of what is in a reward and what sending it costs."""

from __future__ import annotations

from flask import Response, url_for
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.campaigns.forms.rewards import ItemForm, ShippingForm
from marketplace.campaigns.queries import rewards
from marketplace.campaigns.rules import shipping
from marketplace.campaigns.services import items
from marketplace.campaigns.views import reward_cards
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit
from marketplace.campaigns.views.rewards_editing import written_reward
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.countries import countries
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, locale_name
from marketplace.web.rendering import done


@bp.route("/my/campaigns/<ref>/rewards/<reward>/items", methods=["GET", "POST"])
@requires("campaign.draft")
def reward_items(ref: str, reward: str) -> Response:
    """Show what is in a reward, and put something in."""
    c, found = written_reward(ref, reward)
    form = ItemForm()
    if form.ready() and form.succeeds(
        lambda: items.add_item(
            me(),
            c.id,
            found.id,
            title=form.title.data or "",
            quantity=_count(form.quantity.data or ""),
            options=_options(form.options.data or ""),
            now=clock.now(),
        )
    ):
        return done(url_for("campaigns.reward_items", ref=ref, reward=reward), _("Added."))
    listed = [
        (public_id("itm", item.id), item) for item in rewards.items([found.id]).get(found.id, [])
    ]
    return edit("campaigns/edit_reward_items.html", c, form, reward=found, items=listed)


@bp.post("/my/campaigns/<ref>/rewards/<reward>/items/<item>/remove")
@requires("campaign.draft")
def reward_item_remove(ref: str, reward: str, item: str) -> Response:
    """Take something out of a reward."""
    c, found = written_reward(ref, reward)
    items.remove_item(me(), c.id, found.id, parse_public_id("itm", item), clock.now())
    return done(url_for("campaigns.reward_items", ref=ref, reward=reward), _("Taken out."))


@bp.route("/my/campaigns/<ref>/rewards/<reward>/shipping", methods=["GET", "POST"])
@requires("campaign.draft")
def reward_shipping(ref: str, reward: str) -> Response:
    """Show what sending a reward costs where, and set it for a zone."""
    c, found = written_reward(ref, reward)
    form = ShippingForm()
    form.cost.currency = found.currency
    form.zone.choices = _zones()
    if form.ready() and form.succeeds(
        lambda: items.set_shipping(
            me(),
            c.id,
            found.id,
            zone=_zone(form.zone.data or ""),
            cost=form.cost.required_money,
            now=clock.now(),
        )
    ):
        return done(url_for("campaigns.reward_shipping", ref=ref, reward=reward), _("Saved."))
    priced = [
        (zone, reward_cards.zone_words(zone), cost)
        for zone, cost in rewards.zones([found.id]).get(found.id, {}).items()
    ]
    return edit("campaigns/edit_reward_shipping.html", c, form, reward=found, zones=priced)


@bp.post("/my/campaigns/<ref>/rewards/<reward>/shipping/remove/<zone>")
@requires("campaign.draft")
def reward_shipping_remove(ref: str, reward: str, zone: str) -> Response:
    """Send a reward to a zone no more."""
    c, found = written_reward(ref, reward)
    items.drop_shipping(me(), c.id, found.id, zone=zone, now=clock.now())
    return done(url_for("campaigns.reward_shipping", ref=ref, reward=reward), _("Taken out."))


def _count(text: str) -> int:
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdecimal() else 0


def _options(text: str) -> dict[str, list[str]]:
    """Read lines such as `Colour: red, blue`."""
    found: dict[str, list[str]] = {}
    for line in filter(str.strip, text.splitlines()):
        name, colon, choices = line.partition(":")
        if not colon:
            name, choices = "", line
        found[name.strip()] = [each.strip() for each in choices.split(",") if each.strip()]
    return found


def _zones() -> list[SelectChoice]:
    wide = [shipping.ELSEWHERE, shipping.UNION]
    choices = [("", _("Choose one")), *((zone, reward_cards.zone_words(zone)) for zone in wide)]
    choices += countries(locale_name()).items()
    return [SelectChoice(value, label) for value, label in choices]


def _zone(code: str) -> str:
    if code not in {shipping.ELSEWHERE, shipping.UNION, *countries("en")}:
        raise Refusal("zone_unknown", "zone")
    return code
