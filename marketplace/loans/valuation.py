"""What a collateral is worth, for how long, and how much of it a loan takes. Pure.

LTV = loan / (value × (1 - haircut)), in basis points, rounded up: what is shown is never better
than what is so, and a limit in whole basis points is kept exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Protocol

from marketplace.kernel.days import add_months
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.kernel.rates import BPS_WHOLE, Rounding, quotient

METHODS: Final = ("comparison", "income", "cost", "price_guide", "nominal")
WORDS_MAX: Final = 120
HAIRCUT_MAX_BPS: Final = 9_000
# A paper is trusted for a year at most, whatever it says itself.
VALID_MONTHS_MAX: Final = 12
WARN_BEFORE: Final = timedelta(days=30)


class Standing(StrEnum):
    """How far a valuation can be relied on, on a day."""

    MISSING = "missing"
    EXPIRED = "expired"
    EXPIRING = "expiring"  # good today, and not for long
    VALID = "valid"


@dataclass(frozen=True, slots=True)
class Worth:
    """What a valuation says: so much, as of a day and up to another, less a haircut."""

    value: Money
    haircut_bps: int
    valued_on: date
    valid_until: date

    @property
    def counted(self) -> Money:
        """What counts of the value, rounded down."""
        minor = quotient(self._counted_bps, BPS_WHOLE, Rounding.FLOOR)
        return Money(minor, self.value.currency)

    def ltv_bps(self, loan: Money) -> int:
        """Return how much of what counts `loan` takes."""
        if loan.currency != self.value.currency:
            raise ValueError("a loan is measured by a value in its own currency")
        return quotient(loan.minor * BPS_WHOLE * BPS_WHOLE, self._counted_bps, Rounding.CEILING)

    def most(self, ltv_max_bps: int) -> Money:
        """Return the largest loan that stays within a limit."""
        share = self._counted_bps * ltv_max_bps
        return Money(quotient(share, BPS_WHOLE * BPS_WHOLE, Rounding.FLOOR), self.value.currency)

    def standing(self, on: date) -> Standing:
        """Return how far it can be relied on; on its last day it still holds."""
        if on > self.valid_until:
            return Standing.EXPIRED
        return Standing.EXPIRING if on > self.valid_until - WARN_BEFORE else Standing.VALID

    @property
    def _counted_bps(self) -> int:
        return self.value.minor * (BPS_WHOLE - self.haircut_bps)


class _Valued(Protocol):
    """A row with the newest valuation of its loan; the columns are empty where there is none."""

    @property
    def currency(self) -> str: ...
    @property
    def value_minor(self) -> int | None: ...
    @property
    def haircut_bps(self) -> int | None: ...
    @property
    def valued_on(self) -> date | None: ...
    @property
    def valid_until(self) -> date | None: ...


def worth_of(row: _Valued) -> Worth | None:
    """Return what the valuation beside a loan says."""
    value, haircut_bps = row.value_minor, row.haircut_bps
    if value is None or haircut_bps is None or row.valued_on is None or row.valid_until is None:
        return None
    return Worth(Money(value, row.currency), haircut_bps, row.valued_on, row.valid_until)


def standing(worth: Worth | None, on: date) -> Standing:
    """Return how far a case can rely on its newest valuation."""
    return Standing.MISSING if worth is None else worth.standing(on)


def is_valid(worth: Worth | None, on: date) -> bool:
    """Whether there is a valuation and it has not expired."""
    return standing(worth, on) in {Standing.VALID, Standing.EXPIRING}


def is_within(worth: Worth | None, loan: Money, ltv_max_bps: int) -> bool:
    """Whether a loan stays within its product's limit; one never valued is judged elsewhere."""
    return worth is None or worth.ltv_bps(loan) <= ltv_max_bps


def valid_refusals(worth: Worth | None, on: date) -> list[Refusal]:
    """Return why nobody can pass this case: its collateral is not valued, or not any more."""
    if is_valid(worth, on):
        return []
    return [Refusal(f"valuation_{standing(worth, on)}")]


def limit_refusals(worth: Worth | None, loan: Money, ltv_max_bps: int) -> list[Refusal]:
    """Return why so much cannot be offered on this collateral, with what could be."""
    if worth is None or is_within(worth, loan, ltv_max_bps):
        return []
    return [Refusal("valuation_ltv_over", "amount", at_most=worth.most(ltv_max_bps))]


@dataclass(frozen=True, slots=True)
class Told:
    """What a reviewer reads in an appraiser's paper, and the haircut this case gets."""

    appraiser: str
    licence: str
    method: str
    worth: Worth


def told_refusals(told: Told, *, currency: str, haircut_min_bps: int, today: date) -> list[Refusal]:
    """Return everything that keeps a valuation from being recorded."""
    return [
        *_word_refusals(told),
        *_worth_refusals(told.worth, currency, haircut_min_bps),
        *_day_refusals(told.worth, today),
    ]


def _word_refusals(told: Told) -> list[Refusal]:
    found = []
    if not told.appraiser.strip():
        found.append(Refusal("valuation_appraiser_missing", "appraiser"))
    if not told.licence.strip():
        found.append(Refusal("valuation_licence_missing", "licence"))
    if told.method not in METHODS:
        found.append(Refusal("valuation_method_missing", "method"))
    return found


def _worth_refusals(worth: Worth, currency: str, haircut_min_bps: int) -> list[Refusal]:
    found = []
    if worth.value.currency != currency:
        found.append(Refusal("valuation_currency", "value", currency=currency))
    if not worth.value.is_positive:
        found.append(Refusal("valuation_value_missing", "value"))
    if not haircut_min_bps <= worth.haircut_bps <= HAIRCUT_MAX_BPS:
        found.append(
            Refusal(
                "valuation_haircut_outside",
                "haircut",
                at_least=f"{haircut_min_bps / 100:g}",
                at_most=f"{HAIRCUT_MAX_BPS / 100:g}",
            )
        )
    return found


def _day_refusals(worth: Worth, today: date) -> list[Refusal]:
    if worth.valued_on > today:
        return [Refusal("valuation_future", "valued_on")]
    if worth.valid_until < today:
        return [Refusal("valuation_over", "valid_until")]
    last = add_months(worth.valued_on, VALID_MONTHS_MAX)
    if worth.valid_until > last:
        return [Refusal("valuation_too_long", "valid_until", last=last)]
    return []
