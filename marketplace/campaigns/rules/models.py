"""By what a campaign is judged: the rule its sponsor chose and every backer saw. Pure.

all or nothing        the goal is pledged by the deadline, and all of it, or of cards that were
                      only saved at least the floor, is collected
keep what you raise   anything is collected
two rounds            the goal is the minimum; pledged by the first deadline it cannot be missed
                      any more, and the campaign goes on for the optimum
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from marketplace.campaigns import rules
from marketplace.campaigns.rules import deadlines
from marketplace.campaigns.states import Collection, Funding
from marketplace.kernel.errors import Broken, Refusal
from marketplace.kernel.money import Money
from marketplace.kernel.rates import BPS_WHOLE, quotient

# All or nothing with a floor of next to nothing would be a promise in words only.
FLOOR_LEAST_BPS: Final = 5_000
ROUND_TWO_DAYS_MAX: Final = 60
LATE_DAYS_MAX: Final = 60


class Verdict(StrEnum):
    """What becomes of a campaign."""

    FUND = "fund"
    MISS = "miss"
    NEXT_ROUND = "next_round"


@dataclass(frozen=True, slots=True)
class Rule:
    """Everything that decides. `floor` is what must be collected; None: all of the goal."""

    goal: Money
    model: str = Funding.ALL_OR_NOTHING
    collection: str = Collection.NOW
    floor: Money | None = None
    optimum: Money | None = None
    round: int = 1

    @property
    def can_miss(self) -> bool:
        """Whether the deadline that comes next can be missed by too little being pledged."""
        return can_miss(self.model, self.round)

    @property
    def pledged_least(self) -> Money:
        """What must be pledged by the deadline that comes next."""
        return self.goal if self.can_miss else self._anything

    @property
    def collected_least(self) -> Money:
        """What must be collected in the end."""
        if self.model == Funding.KEEP_WHAT_YOU_RAISE:
            return self._anything
        if self.collection == Collection.DEADLINE:
            return self.floor or self.goal
        return self.pledged_least

    @property
    def _anything(self) -> Money:
        return rules.pledge_min(self.goal.currency)


def can_miss(model: str, in_round: int) -> bool:
    """Whether too little can be pledged by the next deadline of a campaign judged like this."""
    return model != Funding.KEEP_WHAT_YOU_RAISE and in_round == 1


class Judged(Protocol):
    """A campaign, as a row or as it is read."""

    @property
    def currency(self) -> str | None:
        """Everything about it is in this one."""

    @property
    def goal_minor(self) -> int | None:
        """What it needs, or at least needs."""

    @property
    def model(self) -> str:
        """By what it is judged."""

    @property
    def collection(self) -> str:
        """When backers are charged."""

    @property
    def floor_minor(self) -> int | None:
        """What must be collected; None: all of the goal."""

    @property
    def optimum_minor(self) -> int | None:
        """What the second round is for."""

    @property
    def round(self) -> int:
        """Which round it is in."""


def rule_of(campaign: Judged) -> Rule:
    """Return the rule of a campaign that has a goal."""
    if campaign.currency is None or campaign.goal_minor is None:
        raise Broken("a campaign without a goal is judged")
    floor, optimum = campaign.floor_minor, campaign.optimum_minor
    return Rule(
        goal=Money(campaign.goal_minor, campaign.currency),
        model=campaign.model,
        collection=campaign.collection,
        floor=None if floor is None else Money(floor, campaign.currency),
        optimum=None if optimum is None else Money(optimum, campaign.currency),
        round=campaign.round,
    )


def at_deadline(pledged: Money, rule: Rule) -> Verdict:
    """Return what a deadline means for a campaign that has so much pledged.

    For one that only saved cards, `FUND` means that they are charged now.
    """
    if pledged < rule.pledged_least:
        return Verdict.MISS
    is_first_of_two = rule.model == Funding.TWO_ROUNDS and rule.round == 1
    if is_first_of_two and rule.optimum is not None and pledged < rule.optimum:
        return Verdict.NEXT_ROUND
    return Verdict.FUND


def decided(collected: Money, rule: Rule) -> Verdict:
    """Return what becomes of a campaign of which so much was collected, once that is final."""
    return Verdict.FUND if collected >= rule.collected_least else Verdict.MISS


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sponsor wants a campaign to end, beside its goal and its deadline.

    `late_days` are how long after the last deadline somebody can still pledge, if it is funded.
    """

    model: str = Funding.ALL_OR_NOTHING
    floor: Money | None = None
    optimum: Money | None = None
    round_two_days: int | None = None
    late_days: int = 0
    zone: str = deadlines.UTC_ZONE


PLAIN: Final = Ending()


def ending_refusals(ending: Ending, goal: Money, collection: str) -> list[Refusal]:
    """Return everything that is wrong with how a campaign is to end."""
    if ending.model not in set(Funding):
        return [Refusal("model_unknown", "model")]
    found = _floor_refusals(ending, goal, collection)
    found += _rounds_refusals(ending, goal)
    if not 0 <= ending.late_days <= LATE_DAYS_MAX:
        found.append(Refusal("late_days_outside", "late_days", most=LATE_DAYS_MAX))
    if not deadlines.is_zone(ending.zone):
        found.append(Refusal("time_zone_unknown", "zone"))
    return found


def _floor_refusals(ending: Ending, goal: Money, collection: str) -> list[Refusal]:
    floor = ending.floor
    if floor is None:
        return []
    if ending.model == Funding.KEEP_WHAT_YOU_RAISE:
        return [Refusal("floor_of_keeping", "floor")]
    if collection != Collection.DEADLINE:
        return [Refusal("floor_of_charged", "floor")]
    least = Money(quotient(goal.minor * FLOOR_LEAST_BPS, BPS_WHOLE), goal.currency)
    if floor.currency != goal.currency or not least <= floor <= goal:
        return [Refusal("floor_outside", "floor", least=least, most=goal)]
    return []


def _rounds_refusals(ending: Ending, goal: Money) -> list[Refusal]:
    optimum, days = ending.optimum, ending.round_two_days
    if ending.model != Funding.TWO_ROUNDS:
        given = [("optimum", optimum), ("round_two_days", days)]
        return [Refusal("only_in_two_rounds", field) for field, value in given if value is not None]
    found = []
    if optimum is None or optimum.currency != goal.currency or optimum <= goal:
        found.append(Refusal("optimum_not_above", "optimum", goal=goal))
    elif optimum > rules.goal_max(goal.currency):
        found.append(Refusal("goal_too_large", "optimum", most=rules.goal_max(goal.currency)))
    if days is None or not 1 <= days <= ROUND_TWO_DAYS_MAX:
        found.append(Refusal("round_two_days_outside", "round_two_days", most=ROUND_TWO_DAYS_MAX))
    return found


def length_refusals(
    deadline: datetime, ending: Ending, now: datetime, most: timedelta
) -> list[Refusal]:
    """Return what is wrong with the deadline of a campaign that may last `most`, all rounds."""
    found, days = rules.deadline_refusals(deadline, now, most), ending.round_two_days
    if found or days is None or not deadlines.is_zone(ending.zone):
        return found
    last = deadlines.days_later(deadline, days, ending.zone)
    return (
        [Refusal("rounds_too_long", "round_two_days", days=most.days)] if last > now + most else []
    )


def late_until(deadline: datetime, ending: Ending) -> datetime | None:
    """Return until when late pledges are taken; None where they are not."""
    return deadline + timedelta(days=ending.late_days) if ending.late_days else None


def cut_off(
    placed_at: datetime, *, deadline: datetime, first_deadline: datetime | None
) -> datetime:
    """Return until when a pledge can be taken back: the deadline that its backer was shown.

    What the first of two rounds was reached with stays pledged in the second.
    """
    if first_deadline is not None and placed_at < first_deadline:
        return first_deadline
    return deadline
