"""Money: a whole number of minor units and its currency, from form to ledger.

No floats, no bare numbers, no mixing of currencies. Division exists only as `split`, which
loses nothing. Rounding happens in `times`, once, with a named mode.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Final

from marketplace.kernel.errors import Refusal

# Number of decimals, ISO 4217. A currency not named here is not accepted anywhere.
CURRENCIES: Final[dict[str, int]] = {
    "AUD": 2,
    "CHF": 2,
    "CNY": 2,
    "EUR": 2,
    "GBP": 2,
    "HKD": 2,
    "JPY": 0,
    "KWD": 3,
    "SGD": 2,
    "TWD": 2,
    "USD": 2,
}

# bigint is the column; a tenth of it keeps every sum of two amounts inside it.
MINOR_MAX: Final = 900_000_000_000_000_000

# Only the digits 0 to 9: other scripts' digits look alike and are refused, not guessed at.
_PLAIN = re.compile(
    r"(?P<whole>[0-9]{1,40}|[0-9]{1,3}(?P<mark>[, ])[0-9]{3}(?:(?P=mark)[0-9]{3}){0,11})"
    r"(?:\.(?P<fraction>[0-9]{1,40}))?"
)
_SPACES = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " "})
_EXACT = Context(prec=100)  # wide enough that `times` rounds once, on its named line


def exponent(currency: str) -> int:
    """Return the number of decimals of `currency`; an unknown one is a `Refusal`."""
    try:
        return CURRENCIES[currency]
    except KeyError:
        raise Refusal("currency_unknown", currency=currency) from None


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` whole minor units of `currency`; negative values are allowed for differences."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are a whole number, not {self.minor!r}")
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Return no money of `currency`."""
        return cls(0, currency)

    @classmethod
    def of(cls, text: str | Decimal, currency: str) -> Money:
        """Return the exact amount of a decimal.

        More decimals than the currency has, no number, or more than the ledger can hold:
        ValueError. Floats: TypeError.
        """
        if not isinstance(text, (str, Decimal)):
            raise TypeError(f"money is read from text or a Decimal, not {text!r}")
        places = exponent(currency)
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise ValueError(f"{text!r} is not a decimal number") from None
        if not value.is_finite() or abs(value) > MINOR_MAX:
            raise ValueError(f"{text} is more than an amount of {currency} can be")
        scaled = value.scaleb(places, _EXACT)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{text} is not a whole number of minor units of {currency}")
        return cls(int(scaled), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """Return the sum, which is zero of `currency` for no amounts."""
        result = cls.zero(currency)
        for amount in amounts:
            result += amount
        return result

    def decimal(self) -> Decimal:
        """Return the amount in currency units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def times(self, rate: Decimal, rounding: str = ROUND_HALF_UP) -> Money:
        """Return this amount times `rate`, rounded once to minor units by `rounding`."""
        if not isinstance(rate, Decimal):
            raise TypeError("a rate is a Decimal")
        exact = _EXACT.multiply(Decimal(self.minor), rate)
        return Money(int(exact.to_integral_value(rounding)), self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Split by largest remainder; parts sum to the whole, ties go to the earlier part."""
        return [Money(part, self.currency) for part in split_minor(self.minor, weights)]

    @property
    def is_zero(self) -> bool:
        """Whether there is nothing."""
        return self.minor == 0

    @property
    def is_positive(self) -> bool:
        """Whether there is more than nothing."""
        return self.minor > 0

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, count: int) -> Money:
        if type(count) is not int:
            raise TypeError("money is multiplied by a count; use times() for a rate")
        return Money(self.minor * count, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)

    def __str__(self) -> str:
        return f"{self.currency} {self.decimal():,.{exponent(self.currency)}f}"

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money and {type(other).__name__} do not mix")
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.minor


def split_minor(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` minor units (>= 0 or < 0) in proportion to whole, non-negative `weights`.

    Largest remainder (Hamilton): floors first, then one unit each to the largest fractional
    remainders; ties go to the earlier position. A weight of zero gets nothing. Weights that
    are not whole numbers: TypeError; negative, missing or all zero: ValueError.
    """
    if any(type(weight) is not int for weight in weights):
        raise TypeError("a split needs whole numbers as weights")
    if not weights or any(weight < 0 for weight in weights) or sum(weights) == 0:
        raise ValueError("a split needs weights that are not negative and not all zero")
    if total < 0:
        return [-part for part in split_minor(-total, weights)]
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for position in order[: total - sum(parts)]:
        parts[position] += 1
    return parts


def split_cumulative(
    total_to_date: int, weights: Sequence[int], already: Sequence[int]
) -> list[int]:
    """Return what each part gets now so that it holds its share of everything to date.

    `total_to_date` is the sum ever split, this time included; `already` what each part got
    before. Splitting the running total instead of each payment keeps every part within one
    minor unit of its exact share over the whole life. A part can be owed -1 unit when shares
    shift (the Alabama paradox); it then simply waits: its part now is zero or less, and the
    caller decides (settlement carries it to the next payment).
    """
    shares = split_minor(total_to_date, weights)
    return [share - got for share, got in zip(shares, already, strict=True)]


def parse_amount(text: str, currency: str, *, allow_zero: bool = False) -> Money:
    """Read what a person typed as an amount of `currency`, exactly or not at all.

    Takes `1234.5`, `1,234.50` and `1 234.50`; refuses zero (unless allowed), signs, exponents,
    words, digits that are not 0 to 9, more decimals than the currency has, and more than the
    ledger can hold.
    """
    plain = text.translate(_SPACES).strip()
    if not plain:
        raise Refusal("amount_missing")
    if plain.startswith(("-", "\u2212")):
        raise Refusal("amount_negative")
    match = _PLAIN.fullmatch(plain)
    if match is None:
        raise Refusal("amount_unreadable", typed=text[:40])
    minor = _minor(match["whole"], match["fraction"] or "", currency)
    if minor > MINOR_MAX:
        raise Refusal("amount_too_large")
    if minor == 0 and not allow_zero:
        raise Refusal("amount_zero")
    return Money(minor, currency)


def _minor(whole: str, fraction: str, currency: str) -> int:
    decimals = exponent(currency)
    if fraction[decimals:].strip("0"):
        raise Refusal("amount_too_fine", currency=currency, decimals=decimals)
    return int(re.sub(r"[, ]", "", whole) + fraction[:decimals].ljust(decimals, "0"))
