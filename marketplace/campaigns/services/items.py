"""What is in a reward, and what sending it costs, zone by zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from marketplace.campaigns.models import Reward
from marketplace.campaigns.models.rewards import ItemOption, RewardItem, RewardShipping
from marketplace.campaigns.queries import rewards
from marketplace.campaigns.rules import one_line, shipping, text_refusals
from marketplace.campaigns.rules import rewards as rules
from marketplace.campaigns.services.rewarding import is_pledged, lock_for_rewards, own_reward
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money


@command
def add_item(
    actor: Actor,
    campaign_id: UUID,
    reward_id: UUID,
    *,
    title: str,
    quantity: int = 1,
    options: Mapping[str, Sequence[str]] | None = None,
    now: datetime,
) -> UUID:
    """Put something in a reward and return its id; `options` is what backers choose about it."""
    reward = _unpledged(actor, campaign_id, reward_id, now)
    chosen = {one_line(name): [one_line(one) for one in of] for name, of in (options or {}).items()}
    before = rewards.items([reward.id]).get(reward.id, [])
    refuse_if(_item_refusals(one_line(title), quantity, chosen, count=len(before)))
    item = RewardItem(
        id=new_id(),
        reward_id=reward.id,
        position=max((item.position for item in before), default=0) + 1,
        title=one_line(title),
        quantity=quantity,
    )
    db.session.add(item)
    db.session.flush()
    db.session.add_all(
        ItemOption(item_id=item.id, position=at, reward_id=reward.id, name=name, choices=of)
        for at, (name, of) in enumerate(chosen.items(), start=1)
    )
    return item.id


@command
def remove_item(
    actor: Actor, campaign_id: UUID, reward_id: UUID, item_id: UUID, now: datetime
) -> None:
    """Take something out of a reward."""
    reward = _unpledged(actor, campaign_id, reward_id, now)
    sql = "DELETE FROM reward_item WHERE id = %s AND reward_id = %s"
    if not execute(sql, (item_id, reward.id)):
        raise NotFound(str(item_id))


@command
def set_shipping(
    actor: Actor, campaign_id: UUID, reward_id: UUID, *, zone: str, cost: Money, now: datetime
) -> None:
    """Say what sending a reward to a zone costs.

    On a reward that was pledged for new zones may be added; the others stay.
    """
    reward = own_reward(lock_for_rewards(campaign_id, actor, now), reward_id)
    refuse_if(shipping.zone_refusals(zone, cost, reward.price))
    known = db.session.get(RewardShipping, (reward.id, zone))
    if known is None:
        priced = RewardShipping(reward_id=reward.id, zone=zone, price_minor=cost.minor)
        db.session.add(priced)
        return
    _refuse_if_pledged(reward, "zone")
    known.price_minor = cost.minor


@command
def drop_shipping(
    actor: Actor, campaign_id: UUID, reward_id: UUID, *, zone: str, now: datetime
) -> None:
    """Send a reward to a zone no more."""
    reward = _unpledged(actor, campaign_id, reward_id, now)
    sql = "DELETE FROM reward_shipping WHERE reward_id = %s AND zone = %s"
    if not execute(sql, (reward.id, zone)):
        raise NotFound(zone)


def _unpledged(actor: Actor, campaign_id: UUID, reward_id: UUID, now: datetime) -> Reward:
    reward = own_reward(lock_for_rewards(campaign_id, actor, now), reward_id)
    _refuse_if_pledged(reward, None)
    return reward


def _refuse_if_pledged(reward: Reward, field: str | None) -> None:
    if is_pledged(reward.id):
        raise Refusal("reward_pledged_for", field)


def _item_refusals(
    title: str, quantity: int, options: Mapping[str, Sequence[str]], *, count: int
) -> list[Refusal]:
    found = text_refusals([("title", title, rules.ITEM_TITLE_MAX)])
    if not title:
        found.append(Refusal("title_missing", "title"))
    if not 1 <= quantity <= rules.ITEM_QUANTITY_MAX:
        found.append(Refusal("item_quantity", "quantity", most=rules.ITEM_QUANTITY_MAX))
    if count >= rules.ITEMS_MAX:
        found.append(Refusal("items_full", most=rules.ITEMS_MAX))
    if len(options) > rules.OPTIONS_MAX:
        found.append(Refusal("options_full", "options", most=rules.OPTIONS_MAX))
    for name, choices in options.items():
        found += rules.option_refusals(name, choices)
    return found
