"""The rewards of a campaign: its tiers, and what may be bought beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.rules.rewards import OfferFacts
from marketplace.infra.database import rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class RewardRow:
    """One reward: a tier, or an add-on that is bought beside one."""

    id: UUID
    campaign_id: UUID
    title: str
    description: str
    price_minor: int
    currency: str
    quantity: int | None
    taken: int
    delivery: date | None
    kind: str
    is_addon: bool
    per_person: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    secret_digest: str | None
    picture_id: UUID | None
    position: int
    withdrawn_at: datetime | None
    waiting: int  # how many stand in line for it

    @property
    def price(self) -> Money:
        """What it costs at least."""
        return Money(self.price_minor, self.currency)

    @property
    def left(self) -> int | None:
        """How many are left for whoever comes; None where there is no limit.

        What comes free while others wait is theirs.
        """
        if self.quantity is None:
            return None
        return 0 if self.waiting else self.quantity - self.taken

    def offer(self, *, as_addon: bool = False, shown_digest: str | None = None) -> OfferFacts:
        """Return what decides whether it can be chosen; `shown_digest` is of the link's secret."""
        return OfferFacts(
            is_addon=self.is_addon,
            as_addon=as_addon,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            withdrawn_at=self.withdrawn_at,
            secret_digest=self.secret_digest,
            shown_digest=shown_digest,
        )

    @property
    def sold_out(self) -> bool:
        """Whether none is left."""
        return self.left == 0

    def is_offered(self, now: datetime) -> bool:
        """Whether its window is open at `now` and it is neither taken nor withdrawn."""
        opened = self.opens_at is None or self.opens_at <= now
        over = self.closes_at is not None and self.closes_at <= now
        return opened and not over and not self.sold_out and self.withdrawn_at is None


_SELECT: Final = """
    SELECT id, campaign_id, title, description, price_minor, currency, quantity, taken, delivery,
        kind, is_addon, per_person, opens_at, closes_at, secret_digest, picture_id, position,
        withdrawn_at, (SELECT count(*) FROM reward_wait w
            WHERE w.reward_id = reward.id AND w.state = 'waiting')::int AS waiting
    FROM reward
"""
_ORDER: Final = "ORDER BY is_addon, position, price_minor, id"


def of_campaign(campaign_id: UUID) -> list[RewardRow]:
    """Return all rewards as their sponsor sees them: tiers first, then add-ons, each in order."""
    return rows(f"{_SELECT} WHERE campaign_id = %s {_ORDER}", (campaign_id,), into=RewardRow)


def shown(campaign_id: UUID) -> list[RewardRow]:
    """Return what everybody may see, in order: what is secret or withdrawn is left out."""
    sql = f"""
        {_SELECT} WHERE campaign_id = %s AND secret_digest IS NULL AND withdrawn_at IS NULL {_ORDER}
    """
    return rows(sql, (campaign_id,), into=RewardRow)


def by_secret(campaign_id: UUID, digest: str) -> RewardRow:
    """Return the tier whose secret link has this digest; a link that opens none is `NotFound`."""
    sql = f"""
        {_SELECT} WHERE campaign_id = %s AND secret_digest = %s AND withdrawn_at IS NULL
    """
    found = rows(sql, (campaign_id, digest), into=RewardRow)
    if not found:
        raise NotFound(str(campaign_id))
    return found[0]


def reward(reward_id: UUID, campaign_id: UUID) -> RewardRow:
    """Return one reward of this campaign; any other is `NotFound`."""
    return some([reward_id], campaign_id)[0]


def some(reward_ids: Sequence[UUID], campaign_id: UUID) -> list[RewardRow]:
    """Return these rewards in this order; one that is not of the campaign is `NotFound`."""
    sql = f"{_SELECT} WHERE campaign_id = %s AND id = ANY(%s)"
    found = {r.id: r for r in rows(sql, (campaign_id, list(reward_ids)), into=RewardRow)}
    if missing := [reward_id for reward_id in reward_ids if reward_id not in found]:
        raise NotFound(str(missing[0]))
    return [found[reward_id] for reward_id in reward_ids]


class OptionRow(NamedTuple):
    """What a backer chooses about an item."""

    position: int
    name: str
    choices: list[str]


class ItemRow(NamedTuple):
    """One thing in a reward."""

    id: UUID
    reward_id: UUID
    position: int
    title: str
    quantity: int
    options: list[OptionRow]


def items(reward_ids: Sequence[UUID]) -> dict[UUID, list[ItemRow]]:
    """Return what is in these rewards, in order; a reward with nothing listed is left out."""
    sql = """
        SELECT i.id, i.reward_id, i.position, i.title, i.quantity,
            coalesce((SELECT jsonb_agg(jsonb_build_array(o.position, o.name, to_jsonb(o.choices))
                ORDER BY o.position) FROM item_option o WHERE o.item_id = i.id), '[]') AS options
        FROM reward_item i WHERE i.reward_id = ANY(%s) ORDER BY i.position, i.id
    """
    found: dict[UUID, list[ItemRow]] = {}
    for item in rows(sql, (list(reward_ids),), into=ItemRow):
        options = [OptionRow(*option) for option in item.options]
        found.setdefault(item.reward_id, []).append(item._replace(options=options))
    return found


class _Zone(NamedTuple):
    reward_id: UUID
    zone: str
    price_minor: int
    currency: str


def zones(reward_ids: Sequence[UUID]) -> dict[UUID, dict[str, Money]]:
    """Return what sending each of these rewards costs, by zone, `*` last."""
    sql = """
        SELECT s.reward_id, s.zone, s.price_minor, r.currency
        FROM reward_shipping s JOIN reward r ON r.id = s.reward_id
        WHERE s.reward_id = ANY(%s) ORDER BY s.zone = '*', s.zone
    """
    found: dict[UUID, dict[str, Money]] = {}
    for zone in rows(sql, (list(reward_ids),), into=_Zone):
        found.setdefault(zone.reward_id, {})[zone.zone] = Money(zone.price_minor, zone.currency)
    return found


def count(campaign_id: UUID) -> int:
    """Return how many rewards there are."""
    return int(scalar("SELECT count(*) FROM reward WHERE campaign_id = %s", (campaign_id,)))
