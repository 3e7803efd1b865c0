"""What a reward may be, when it can be chosen, and what of it may still change. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from marketplace.campaigns.states.rewards import RewardKind
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

PER_PERSON_MAX: Final = 1_000
ITEMS_MAX: Final = 20
ITEM_TITLE_MAX: Final = 80
ITEM_QUANTITY_MAX: Final = 999
OPTIONS_MAX: Final = 4
OPTION_NAME_MAX: Final = 40
CHOICES_MAX: Final = 30
CHOICE_MAX: Final = 60


def kind_refusals(
    kind: str, *, per_person: int | None, opens_at: datetime | None, closes_at: datetime | None
) -> list[Refusal]:
    """Return what is wrong with what a reward is, for how many and for how long."""
    found = [] if kind in set(RewardKind) else [Refusal("kind_unknown", "kind")]
    if per_person is not None and not 1 <= per_person <= PER_PERSON_MAX:
        found.append(Refusal("per_person_outside", "per_person", most=PER_PERSON_MAX))
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        found.append(Refusal("window_reversed", "closes_at"))
    return found


@dataclass(frozen=True, slots=True)
class Promise:
    """What a backer has been told about a reward. It stays once somebody has pledged for it."""

    title: str
    description: str
    price: Money
    kind: str
    is_addon: bool
    delivery: date | None


def change_refusals(former: Promise, later: Promise, *, pledged: bool) -> list[Refusal]:
    """Return what keeps a reward from being changed like this."""
    if not pledged or former == later:
        return []
    field = next(name for name in Promise.__slots__ if _differs(name, former, later))
    return [Refusal("reward_pledged_for", field)]


def quantity_refusals(quantity: int | None, taken: int) -> list[Refusal]:
    """Return whether there would be fewer than are taken already."""
    if quantity is not None and quantity < taken:
        return [Refusal("quantity_below_taken", "quantity", taken=taken)]
    return []


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What decides whether a reward can be chosen now. `shown_secret`: the link brought along."""

    is_addon: bool
    as_addon: bool
    opens_at: datetime | None
    closes_at: datetime | None
    withdrawn_at: datetime | None
    secret_digest: str | None
    shown_digest: str | None


def offer_refusals(facts: OfferFacts, now: datetime) -> list[Refusal]:
    """Return what keeps a reward from being chosen at `now`; its last instant is over already."""
    other_role = facts.is_addon != facts.as_addon
    hidden = facts.secret_digest is not None and facts.secret_digest != facts.shown_digest
    if other_role or hidden:
        return [Refusal("reward_unknown", "reward")]
    if facts.withdrawn_at is not None:
        return [Refusal("reward_withdrawn", "reward")]
    if facts.opens_at is not None and now < facts.opens_at:
        return [Refusal("reward_not_open", "reward")]
    if facts.closes_at is not None and now >= facts.closes_at:
        return [Refusal("reward_over", "reward")]
    return []


def limit_refusals(per_person: int | None, wanted: int, title: str) -> list[Refusal]:
    """Return whether somebody wants more of a reward than one person may have."""
    if per_person is not None and wanted > per_person:
        return [Refusal("per_person_reached", "reward", title=title, most=per_person)]
    return []


def option_refusals(name: str, choices: Sequence[str]) -> list[Refusal]:
    """Return what is wrong with one thing a backer is to choose."""
    field = "options"
    if not name or len(name) > OPTION_NAME_MAX:
        return [Refusal("option_unnamed", field, most=OPTION_NAME_MAX)]
    if not 2 <= len(choices) <= CHOICES_MAX or len(set(choices)) != len(choices):
        return [Refusal("choices_few", field, name=name, most=CHOICES_MAX)]
    if any(len(choice) > CHOICE_MAX for choice in choices):
        return [Refusal("choice_long", field, name=name, most=CHOICE_MAX)]
    return []


def _differs(name: str, former: Promise, later: Promise) -> bool:
    return bool(getattr(former, name) != getattr(later, name))
