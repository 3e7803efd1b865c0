"""What a pledge comes to, line by line. Pure: what was put in the basket in, a quote out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.rules.shipping import price_to
from marketplace.campaigns.states import LineKind
from marketplace.campaigns.states.rewards import RewardKind
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

ADD_ON_MAX: Final = 20
# How the names of the fields of what comes beside a pledge begin.
ADD_ON: Final = "add-"
OPTION: Final = "option-"


@dataclass(frozen=True, slots=True)
class Picked:
    """A reward and how many of it; `zones` is what sending one of it costs where."""

    reward_id: UUID
    title: str
    price: Money
    kind: str
    quantity: int
    zones: Mapping[str, Money]

    @property
    def is_priced_by_country(self) -> bool:
        """Whether its price depends on where it goes."""
        return self.kind == RewardKind.PHYSICAL and bool(self.zones)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a backer chose about an item."""

    item_id: UUID
    option: int
    choice: str


@dataclass(frozen=True, slots=True)
class Extras:
    """What comes with a pledge beyond its amount and its reward.

    `add_ons` are rewards and how many of each, `secret` is the secret of the link that showed the
    reward, `shown` the total the backer has seen: another one is asked about again. So are terms
    that have changed since the page that showed it, which said so in `terms`.
    """

    add_ons: tuple[tuple[UUID, int], ...] = ()
    country: str | None = None
    choices: tuple[Choice, ...] = ()
    secret: str | None = None
    shown: Money | None = None
    source: str | None = None
    replaces_id: UUID | None = None
    terms: str = ""


NO_EXTRAS: Final = Extras()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a quote; `title` is empty where its kind says all."""

    kind: LineKind
    unit: Money
    reward_id: UUID | None = None
    title: str = ""
    quantity: int = 1

    @property
    def amount(self) -> Money:
        """What the line comes to."""
        return self.unit * self.quantity


@dataclass(frozen=True, slots=True)
class Quote:
    """All that is paid for, in the order in which it is read."""

    lines: tuple[Line, ...]
    currency: str

    @property
    def total(self) -> Money:
        """What the backer pays."""
        return Money.total((line.amount for line in self.lines), self.currency)


def itemise(
    given: Money, tier: Picked | None, add_ons: Sequence[Picked], country: str | None
) -> Quote:
    """Return what a backer pays who gives `given` for the tier, or for none, and buys add-ons.

    What `given` is beyond the tier's price is a bonus. Add-ons and sending come on top of it.
    `given` is not below the price, and everything can be sent to `country`: see the refusals.
    """
    goods = [tier, *add_ons] if tier else list(add_ons)
    lines = [] if tier is None else [_bought(LineKind.REWARD, tier)]
    lines += [_bought(LineKind.ADD_ON, bought) for bought in add_ons]
    sending = Money.total((_sending(thing, country) for thing in goods), given.currency)
    bonus = given - tier.price if tier else given
    lines += [Line(LineKind.SHIPPING, sending)] if sending.is_positive else []
    lines += [Line(LineKind.BONUS, bonus)] if bonus.is_positive else []
    return Quote(tuple(lines), given.currency)


def asks_country(goods: Sequence[Picked]) -> bool:
    """Whether what these cost depends on where they go."""
    return any(thing.is_priced_by_country for thing in goods)


def country_refusals(goods: Sequence[Picked], country: str | None) -> list[Refusal]:
    """Return what keeps these from being sent there."""
    by_country = [thing for thing in goods if thing.is_priced_by_country]
    if by_country and country is None:
        return [Refusal("country_missing", "country")]
    return [
        Refusal("ships_not_there", "country", title=thing.title)
        for thing in by_country
        if price_to(country or "", thing.zones) is None
    ]


def add_on_refusals(tier: Picked | None, add_ons: Sequence[Picked]) -> list[Refusal]:
    """Return what is wrong with what is bought beside a tier."""
    if add_ons and tier is None:
        return [Refusal("add_on_alone", "reward")]
    return [
        Refusal("add_on_quantity", add_on_field(thing.reward_id), most=ADD_ON_MAX)
        for thing in add_ons
        if not 1 <= thing.quantity <= ADD_ON_MAX
    ]


def terms_mark(changed_at: datetime | None) -> str:
    """Return how a page says since when what it shows has stood; nothing if since the launch."""
    return changed_at.astimezone(UTC).isoformat() if changed_at else ""


def add_on_field(reward_id: UUID) -> str:
    """Return the name of the field in which it is said how many of an add-on are bought."""
    return f"{ADD_ON}{reward_id.hex}"


def option_field(item_id: UUID, position: int) -> str:
    """Return the name of the field in which one thing about an item is chosen."""
    return f"{OPTION}{item_id.hex}-{position}"


def _bought(kind: LineKind, thing: Picked) -> Line:
    return Line(kind, thing.price, thing.reward_id, thing.title, thing.quantity)


def _sending(thing: Picked, country: str | None) -> Money:
    nothing = Money.zero(thing.price.currency)
    if country is None or not thing.is_priced_by_country:
        return nothing
    return (price_to(country, thing.zones) or nothing) * thing.quantity
