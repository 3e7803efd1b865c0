"""What becomes of a pledge's money in every case, told before it is made. Pure.

A case is a code; its words are at the edge. `back` is what the backer gets back: None where
nothing was ever charged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from marketplace.campaigns.rules import models
from marketplace.campaigns.states import Collection, Funding
from marketplace.kernel.money import Money
from marketplace.kernel.rates import BPS_WHOLE, quotient


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides over a pledge. `held_back_bps`: what is not the sponsor's at the success.

    `collected_least` is what must be collected from saved cards; a pledge that `is_late` is made
    when all of that is decided.
    """

    total: Money
    model: str
    collection: str
    held_back_bps: int = 0
    round: int = 1
    collected_least: Money | None = None
    is_late: bool = False

    @property
    def is_later(self) -> bool:
        """Whether a card is saved first."""
        return self.collection == Collection.DEADLINE and not self.is_late

    @property
    def can_miss(self) -> bool:
        """Whether the sponsor gets nothing when the goal is missed."""
        return not self.is_late and models.can_miss(self.model, self.round)

    @property
    def can_undercollect(self) -> bool:
        """Whether the sponsor gets nothing when too many of the saved cards are declined."""
        return self.is_later and self.model != Funding.KEEP_WHAT_YOU_RAISE

    @property
    def held_back(self) -> Money:
        """What of the pledge is held after the success."""
        first = quotient(self.total.minor * (BPS_WHOLE - self.held_back_bps), BPS_WHOLE)
        return self.total - Money(first, self.total.currency)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case and what comes back in it."""

    case: str
    back: Money | None


def sentence(terms: Terms) -> str:
    """Return the code of the one sentence that says what is charged when, and what if not."""
    if terms.is_late:
        return "late"
    when = "later" if terms.is_later else "now"
    if terms.model == Funding.TWO_ROUNDS:
        return f"{when}_{'first' if terms.round == 1 else 'second'}"
    return f"{when}_{'missed' if terms.can_miss else 'kept'}"


def outcomes(terms: Terms) -> list[Outcome]:
    """Return every case, in the order in which it can happen."""
    return list(_cases(terms))


def _cases(terms: Terms) -> Iterator[Outcome]:
    nothing = Money.zero(terms.total.currency)
    before = None if terms.is_later else terms.total
    if not terms.is_late:
        yield Outcome("taken_back", before)
        yield Outcome("stopped", before)
    if not terms.is_later:
        yield Outcome("too_late", terms.total)
    if terms.can_miss:
        yield Outcome("missed", before)
    if terms.is_later:
        yield Outcome("declined", None)
    if terms.can_undercollect:
        yield Outcome("undercollected", terms.total)
    yield Outcome("sponsor_unpaid", terms.total)
    if terms.held_back.is_positive:
        yield Outcome("objected", terms.held_back)
        yield Outcome("overdue_on_last_day", terms.held_back)
        yield Outcome("owed_after_last_day", nothing)
        yield Outcome("accepted", nothing)
    else:
        yield Outcome("released_daily" if terms.is_late else "released", nothing)
