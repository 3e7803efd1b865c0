"""Rates: basis points of an amount, percentages as people write them, and rounding by name.

A rate is a `Decimal` (or an exact `Fraction` of one) and is never rounded itself; amounts are
rounded once, on a named line, with one of the modes here.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

BPS_WHOLE: Final = 10_000

_PLAIN = re.compile(r"(?P<whole>[0-9]{1,6})(?:\.(?P<fraction>[0-9]{1,20}))?")


class Rounding(StrEnum):
    """The rounding modes, named as in Java and in Python's `decimal` less the prefix.

    A mode belongs to a product or a loan, never to the process.
    """

    HALF_UP = "HALF_UP"
    HALF_DOWN = "HALF_DOWN"
    HALF_EVEN = "HALF_EVEN"
    UP = "UP"
    DOWN = "DOWN"
    CEILING = "CEILING"
    FLOOR = "FLOOR"


def rounded(value: Fraction, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Return `value` as a whole number, exactly rounded: there is no binary or decimal noise."""
    return quotient(value.numerator, value.denominator, rounding)


def quotient(dividend: int, divisor: int, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Return `dividend` / `divisor` (positive) as a whole number, exactly rounded."""
    if dividend >= 0 and rounding is Rounding.HALF_UP:  # what is asked for most, at once
        return (2 * dividend + divisor) // (2 * divisor)
    sign = -1 if dividend < 0 else 1
    whole, rest = divmod(abs(dividend), divisor)
    if rest and _away_from_zero(rounding, sign, whole, 2 * rest - divisor):
        whole += 1
    return sign * whole


def _away_from_zero(rounding: Rounding, sign: int, whole: int, over_half: int) -> bool:
    """Whether a remainder, `over_half` above or below a half, takes the number up in size."""
    return {
        Rounding.UP: True,
        Rounding.DOWN: False,
        Rounding.CEILING: sign > 0,
        Rounding.FLOOR: sign < 0,
        Rounding.HALF_UP: over_half >= 0,
        Rounding.HALF_DOWN: over_half > 0,
        Rounding.HALF_EVEN: over_half > 0 or (over_half == 0 and whole % 2 == 1),
    }[rounding]


def bps_of(amount: Money, fee_bps: int) -> Money:
    """Return `fee_bps` basis points (1/100 of a percent) of `amount`, rounded half up."""
    if type(fee_bps) is not int:
        raise TypeError("basis points are a whole number")
    return Money(rounded(Fraction(amount.minor * fee_bps, BPS_WHOLE)), amount.currency)


def percent_of(amount: Money, rate_pct: Decimal, rounding: Rounding = Rounding.HALF_UP) -> Money:
    """Return `rate_pct` percent of `amount`, rounded once."""
    return Money(rounded(amount.minor * share(rate_pct), rounding), amount.currency)


def share(rate_pct: Decimal) -> Fraction:
    """Return a percentage as the exact fraction it stands for: 12.5 is 1/8."""
    return Fraction(rate_pct) / 100


def percent(text: str, *, at_most: Decimal = Decimal(100), decimals: int = 4) -> Decimal:
    """Read a percentage as a person writes it, `7.5` or `7.5 %`, and return 7.5.

    Full-width digits count as digits (NFKC). Refuses signs, exponents, words, more than
    `decimals` decimals and more than `at_most`.
    """
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("%").strip()
    if not plain:
        raise Refusal("percent_missing")
    if plain.startswith(("-", "\u2212")):
        raise Refusal("percent_negative")
    match = _PLAIN.fullmatch(plain)
    if match is None:
        raise Refusal("percent_unreadable", typed=text[:40])
    if len((match["fraction"] or "").rstrip("0")) > decimals:
        raise Refusal("percent_too_fine", decimals=decimals)
    value = Decimal(plain)
    if value > at_most:
        raise Refusal("percent_too_large", at_most=at_most)
    return value
