"""What somebody has put together, with everything that decides whether it can be had and for what.

The page that shows a quote and the command that makes it an agreement ask the same questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from marketplace.campaigns.queries import rewards
from marketplace.campaigns.queries.rewards import ItemRow, RewardRow
from marketplace.campaigns.rules import prices
from marketplace.campaigns.rules import rewards as rules
from marketplace.campaigns.rules.prices import Choice, Extras, Picked, Quote, option_field
from marketplace.infra import crypto
from marketplace.infra.database import rows, scalar
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.money import Money


class Chosen(NamedTuple):
    """One choice in words, and the line of the quote it belongs to."""

    line: int
    item_id: UUID
    option: int
    item: str
    name: str
    choice: str


@dataclass(frozen=True, slots=True)
class Basket:
    """A tier or none, what is bought beside it, and what both need to know."""

    tier: RewardRow | None
    add_ons: tuple[tuple[RewardRow, int], ...]
    items: Mapping[UUID, list[ItemRow]]
    zones: Mapping[UUID, dict[str, Money]]
    extras: Extras
    kept: Mapping[UUID, int]  # what the pledge that this one replaces is for: that stays offered

    @property
    def goods(self) -> list[tuple[RewardRow, int]]:
        """The tier, then what is bought beside it, each with how many."""
        return ([(self.tier, 1)] if self.tier else []) + list(self.add_ons)

    @property
    def picked(self) -> list[Picked]:
        """The goods as their price is made of them."""
        return [
            Picked(row.id, row.title, row.price, row.kind, count, self.zones.get(row.id, {}))
            for row, count in self.goods
        ]

    @property
    def asks_country(self) -> bool:
        """Whether what this costs depends on where it goes."""
        return prices.asks_country(self.picked)

    def quote(self, given: Money) -> Quote:
        """Return the lines of a pledge of `given`, add-ons and sending on top."""
        tier, add_ons = (self.picked[0], self.picked[1:]) if self.tier else (None, self.picked)
        country = self.extras.country if self.asks_country else None
        return prices.itemise(given, tier, add_ons, country)

    def refusals(self, now: datetime) -> list[Refusal]:
        """Return what keeps these from being had together at `now`; stock is asked elsewhere."""
        found = [each for row, _count in self.goods for each in self._offer_refusals(row, now)]
        tier, add_ons = (self.picked[0], self.picked[1:]) if self.tier else (None, self.picked)
        found += prices.add_on_refusals(tier, add_ons)
        found += prices.country_refusals(self.picked, self.extras.country)
        return found + [
            Refusal("choice_missing", option_field(item.id, option.position), option=option.name)
            for _line, item in self._items()
            for option in item.options
            if self._choice(item, option.position) not in option.choices
        ]

    @property
    def chosen(self) -> list[Chosen]:
        """What was chosen, in words; the lines are numbered as `quote` puts them."""
        return [
            Chosen(line, item.id, option.position, item.title, option.name, choice)
            for line, item in self._items()
            for option in item.options
            if (choice := self._choice(item, option.position)) in option.choices
        ]

    def _items(self) -> Iterator[tuple[int, ItemRow]]:
        for line, (row, _count) in enumerate(self.goods, start=1):
            for item in self.items.get(row.id, []):
                yield line, item

    def _choice(self, item: ItemRow, option: int) -> str:
        made = (
            each for each in self.extras.choices if (each.item_id, each.option) == (item.id, option)
        )
        return next(made, Choice(item.id, option, "")).choice

    def _offer_refusals(self, row: RewardRow, now: datetime) -> list[Refusal]:
        if row.id in self.kept and row.is_addon == (row is not self.tier):
            return []
        secret = self.extras.secret
        digest = crypto.digest(secret) if secret else None
        facts = row.offer(as_addon=row is not self.tier, shown_digest=digest)
        return rules.offer_refusals(facts, now)


def basket(campaign_id: UUID, reward_id: UUID | None, extras: Extras) -> Basket:
    """Return what was put together; a reward that is not of the campaign is `NotFound`."""
    wanted = ([reward_id] if reward_id else []) + [key for key, _count in extras.add_ons]
    if not wanted:
        return Basket(None, (), {}, {}, extras, {})
    if len(set(wanted)) != len(wanted):
        raise NotFound("one reward twice")
    found = rewards.some(wanted, campaign_id)
    tier = found.pop(0) if reward_id else None
    counts = [count for _key, count in extras.add_ons]
    return Basket(
        tier,
        tuple(zip(found, counts, strict=True)),
        rewards.items(wanted),
        rewards.zones(wanted),
        extras,
        _kept(extras.replaces_id) if extras.replaces_id else {},
    )


def _kept(pledge_id: UUID) -> dict[UUID, int]:
    return {
        line.reward_id: line.quantity for line in lines_of(pledge_id) if line.reward_id is not None
    }


def had_before(person_id: UUID, reward_id: UUID, *, but: Sequence[UUID | None]) -> int:
    """Return how many of a reward somebody has in pledges that stand, some pledges left out."""
    sql = """
        SELECT coalesce(sum(l.quantity), 0) FROM pledge_line l JOIN pledge p ON p.id = l.pledge_id
        WHERE l.reward_id = %(reward)s AND p.backer_id = %(person)s
          AND p.campaign_id = l.campaign_id AND p.id <> ALL(%(but)s::uuid[])
          AND p.state IN
            ('awaiting_payment', 'promised', 'charging', 'declined', 'held', 'released')
    """
    others = [pledge_id for pledge_id in but if pledge_id is not None]
    return int(scalar(sql, {"reward": reward_id, "person": person_id, "but": others}))


def held_back_bps(campaign_id: UUID, *, with_reward: bool) -> int:
    """Return what share of a pledge its sponsor does not get at the success, but later.

    A pledge without a reward has nothing to inspect: that share is the sponsor's at once.
    """
    sql = """
        SELECT coalesce(sum(share_bps), 0) FROM release_part
        WHERE campaign_id = %s AND (kind = 'milestone' OR (kind = 'inspection' AND %s))
    """
    return int(scalar(sql, (campaign_id, with_reward)))


class Ways(NamedTuple):
    """Where a pledge is sent, if that was asked, and by which link of the sponsor's it came."""

    country: str | None
    source: str | None


def ways_of(pledge_id: UUID) -> Ways:
    """Return where a pledge goes to and came from."""
    found = rows("SELECT country, source FROM pledge WHERE id = %s", (pledge_id,), into=Ways)
    return found[0] if found else Ways(None, None)


class LineRow(NamedTuple):
    """One line of a pledge as it was agreed, with what was chosen about it in words."""

    kind: str
    reward_id: UUID | None
    title: str
    quantity: int
    amount_minor: int
    currency: str
    choices: list[str]

    @property
    def amount(self) -> Money:
        """What the line comes to."""
        return Money(self.amount_minor, self.currency)


class ChoiceRow(NamedTuple):
    """What was chosen about an item."""

    item_id: UUID
    option: int
    choice: str


def choices_of(pledge_id: UUID) -> list[ChoiceRow]:
    """Return what was chosen about the items of a pledge."""
    sql = """
        SELECT item_id, option_position AS option, choice FROM pledge_choice WHERE pledge_id = %s
    """
    return rows(sql, (pledge_id,), into=ChoiceRow)


def lines_of(pledge_id: UUID) -> list[LineRow]:
    """Return what a pledge is made of, in order."""
    sql = """
        SELECT l.kind, l.reward_id, l.title, l.quantity, l.amount_minor, l.currency,
            ARRAY(SELECT o.option || ': ' || o.choice FROM pledge_choice o
                WHERE o.pledge_id = l.pledge_id AND o.line = l.position
                ORDER BY o.item_id, o.option_position) AS choices
        FROM pledge_line l WHERE l.pledge_id = %s ORDER BY l.position
    """
    return rows(sql, (pledge_id,), into=LineRow)
