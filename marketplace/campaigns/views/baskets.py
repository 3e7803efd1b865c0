"""What a backer has chosen, between the address of a page and what is agreed.

All answers travel in the address, so that every step can be reloaded, shared between tabs and
gone back to, without a script and without anything kept before it is agreed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.forms.extras import COUNTRY, ExtrasForm, extras_form
from marketplace.campaigns.queries import one, pledges, quotes, rewards, waiting
from marketplace.campaigns.queries.quotes import Basket
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.campaigns.rules import prices, shipping
from marketplace.campaigns.rules.prices import Choice, Extras, Quote
from marketplace.campaigns.rules.rewards import limit_refusals
from marketplace.campaigns.rules.sources import tag_of
from marketplace.campaigns.states.rewards import RewardKind
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal, refuse_if
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import Money, parse_amount
from marketplace.web.countries import countries
from marketplace.web.guards import me
from marketplace.web.locale import _, locale_name
from marketplace.web.rendering import money_text

_KEPT: Final = ("amount", "reward", "currency", "secret", COUNTRY, "via", "change")
_PREFIXES: Final = (prices.ADD_ON, prices.OPTION)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a backer chose, judged, and what it comes to."""

    amount: Money
    basket: Basket
    anonymous: bool
    quote: Quote

    @property
    def reward(self) -> RewardRow | None:
        """The tier, if there is one."""
        return self.basket.tier


def plain(typed: Mapping[str, object]) -> dict[str, Any]:
    """Return the answers as they stand in an address; what is empty is left out."""
    anonymous = {"anonymous": "1"} if is_yes(typed.get("anonymous")) else {}
    names = [name for name in typed if name in _KEPT or name.startswith(_PREFIXES)]
    kept = {name: str(typed.get(name) or "").strip() for name in names}
    return {**{name: text for name, text in kept.items() if text}, **anonymous}


def judge_choice(campaign: one.CampaignRow, typed: Mapping[str, object]) -> Basket:
    """Return amount and reward as a basket, or say what is wrong with them."""
    amount, basket = read_amount(campaign, typed), read(campaign, typed)
    facts = pledges.facts(campaign, basket.tier, me().known(), amount)
    if basket.tier is not None and basket.tier.id in basket.kept:
        facts = replace(facts, reward_left=None)
    refuse_if(rules.pledge_refusals(facts, clock.now()))
    own = {"reward", None}
    refuse_if([found for found in basket.refusals(clock.now()) if found.field in own])
    return basket


def judge(campaign: one.CampaignRow, typed: Mapping[str, object]) -> Answers:
    """Return all answers with their quote, or say what is wrong with them."""
    basket, amount = judge_choice(campaign, typed), read_amount(campaign, typed)
    refuse_if(basket.refusals(clock.now()))
    refuse_if(_shortages(basket))
    quote = basket.quote(amount)
    refuse_if(rules.total_refusals(quote.total))
    return Answers(amount, basket, is_yes(typed.get("anonymous")), quote)


def read(campaign: one.CampaignRow, typed: Mapping[str, object]) -> Basket:
    """Return what was put together; nothing about it is judged yet.

    What was kept for who has waited in line is theirs as much as what they have pledged for.
    """
    found = quotes.basket(campaign.id, read_reward(typed), read_extras(typed))
    if found.tier is None or not found.tier.sold_out:
        return found
    kept = waiting.kept_for(me().known(), campaign.id, clock.now())
    return replace(found, kept={**dict.fromkeys(kept, 1), **found.kept})


def read_amount(campaign: one.CampaignRow, typed: Mapping[str, object]) -> Money:
    """Return what is given for the reward and beyond it."""
    if str(typed.get("currency") or campaign.currency) != campaign.currency:
        raise Refusal("currency_other", "amount", currency=campaign.currency)
    try:
        amount = parse_amount(str(typed.get("amount") or ""), campaign.currency)
    except Refusal as refusal:
        raise Refusal(refusal.code, "amount", **refusal.facts) from None
    if not amount.is_positive:
        raise Refusal("amount_zero", "amount")
    return amount


def read_reward(typed: Mapping[str, object]) -> UUID | None:
    """Return the reward that was chosen, None for none."""
    text = str(typed.get("reward") or "")
    try:
        return parse_public_id("rwd", text) if text else None
    except NotFound:
        raise Refusal("reward_unknown", "reward") from None


def read_extras(typed: Mapping[str, object]) -> Extras:
    """Return what comes with the pledge."""
    country = str(typed.get(COUNTRY) or "")
    return Extras(
        add_ons=tuple(_add_ons(typed)),
        country=country if country in countries("en") else None,
        choices=tuple(_choices(typed)),
        secret=str(typed.get("secret") or "") or None,
        replaces_id=_replaced(typed),
        source=tag_of(str(typed.get("via") or "")) or None,
    )


def answers_of(pledge: pledges.PledgeRow) -> dict[str, Any]:
    """Return the answers that would make this pledge again, as they stand in an address."""
    lines, ref = quotes.lines_of(pledge.id), public_id("pl", pledge.id)
    ways = quotes.ways_of(pledge.id)
    given = sum(line.amount_minor for line in lines if line.kind in {"reward", "bonus"})
    chosen = {
        prices.option_field(made.item_id, made.option): made.choice
        for made in quotes.choices_of(pledge.id)
    }
    beside = {
        prices.add_on_field(line.reward_id): str(line.quantity)
        for line in lines
        if line.kind == "add_on" and line.reward_id
    }
    return {
        "change": ref,
        "amount": str(Money(given, pledge.currency).decimal()),
        "reward": public_id("rwd", pledge.reward_id) if pledge.reward_id else None,
        "anonymous": "1" if pledge.anonymous else None,
        COUNTRY: ways.country,
        "via": ways.source,
        **chosen,
        **beside,
    }


def _replaced(typed: Mapping[str, object]) -> UUID | None:
    """Return the backer's own pledge that is being changed; somebody else's is `NotFound`."""
    text = str(typed.get("change") or "")
    return pledges.own_pledge(parse_public_id("pl", text), me().known()).id if text else None


def is_yes(value: object) -> bool:
    """Whether a tick was set."""
    return value in {True, "1", "y", "on", "True"}


def form_for(
    campaign: one.CampaignRow, tier: RewardRow | None, data: Mapping[str, str] | None
) -> ExtrasForm | None:
    """Return the form of what the tier leaves to choose; None where there is nothing."""
    if tier is None:
        return None
    offered = [
        row for row in rewards.shown(campaign.id) if row.is_addon and row.is_offered(clock.now())
    ]
    goods = [tier, *offered]
    ids = [row.id for row in goods]
    zones, items = rewards.zones(ids), rewards.items(ids)
    choices = {
        prices.option_field(item.id, option.position): (_of(row, tier, option.name), option.choices)
        for row in goods
        for item in items.get(row.id, [])
        for option in item.options
    }
    counts = {prices.add_on_field(row.id): _offer(row, zones.get(row.id, {})) for row in offered}
    sent = {row.id: zones[row.id] for row in goods if _is_priced(row, zones)}
    if not (choices or counts or sent):
        return None
    return extras_form(counts=counts, choices=choices, countries=_countries(sent, tier), data=data)


def _shortages(basket: Basket) -> list[Refusal]:
    """Return what there is not enough of, or not for one person; the command asks again."""
    found = []
    for row, count in basket.goods:
        if row.left is not None and row.left < count - basket.kept.get(row.id, 0):
            field = "reward" if row is basket.tier else prices.add_on_field(row.id)
            found.append(Refusal("reward_gone", field))
        elif row.per_person is not None:
            had = quotes.had_before(me().known(), row.id, but=[basket.extras.replaces_id])
            found += limit_refusals(row.per_person, had + count, row.title)
    return found


def _is_priced(row: RewardRow, zones: Mapping[UUID, Mapping[str, Money]]) -> bool:
    return row.kind == RewardKind.PHYSICAL and row.id in zones


def _countries(sent: Mapping[UUID, Mapping[str, Money]], tier: RewardRow) -> dict[str, str]:
    """Return the countries to choose from, with what sending the tier there costs."""
    if not sent:
        return {}
    found, own = {}, sent.get(tier.id)
    for code, name in countries(locale_name()).items():
        if own is None:
            found[code] = name
        elif (cost := shipping.price_to(code, own)) is not None:
            found[code] = f"{name}, {money_text(cost) if cost.is_positive else _('free')}"
    return found


def _offer(row: RewardRow, zones: Mapping[str, Money]) -> str:
    price = money_text(row.price)
    words = _("%(title)s, %(price)s each", title=row.title, price=price)
    return words if not zones else _("%(offer)s and sending", offer=words)


def _of(row: RewardRow, tier: RewardRow, name: str) -> str:
    return name if row is tier else _("%(name)s of “%(title)s”", name=name, title=row.title)


def _add_ons(typed: Mapping[str, object]) -> Iterator[tuple[UUID, int]]:
    for name in typed:
        text = str(typed.get(name) or "").strip()
        if not name.startswith(prices.ADD_ON) or text in {"", "0"}:
            continue
        if not (text.isascii() and text.isdecimal()):
            raise Refusal("add_on_quantity", name, most=prices.ADD_ON_MAX)
        yield _id(name.removeprefix(prices.ADD_ON)), int(text)


def _choices(typed: Mapping[str, object]) -> Iterator[Choice]:
    for name in typed:
        if name.startswith(prices.OPTION):
            item, _dash, position = name.removeprefix(prices.OPTION).partition("-")
            if position.isdecimal() and len(position) < 4:
                yield Choice(_id(item), int(position), str(typed.get(name) or ""))


def _id(text: str) -> UUID:
    try:
        return UUID(hex=text)
    except ValueError:
        raise NotFound(text) from None
