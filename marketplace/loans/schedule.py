"""The repayment schedule: what is due when, from the terms of a loan.

Conventions (architecture section 8, shown to people in docs/calculators.md):
- Level instalment E = P / sum over k of product over j <= k of 1/(1 + r·f_j), rounded once.
- Interest of a row is taken on the rounded opening balance and rounded once; nothing else is.
- The last row clears the principal: the principal parts always sum to the principal.
- The number of rows is a promise. Where rounding up repays early (0.10 over 12 months), the
  rows after that are zero. No line is ever negative: where a row's interest is more than the
  level instalment, that row repays nothing and asks for its interest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Final

from marketplace.kernel.days import DayCount, Period, due_dates, period_fraction
from marketplace.kernel.errors import Broken
from marketplace.kernel.money import Money
from marketplace.kernel.rates import Rounding, quotient, rounded, share

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTALMENTS_MAX: Final = 3_660  # ten years of days
RATE_MAX_PCT: Final = Decimal(10_000)
RATE_DECIMALS_MAX: Final = 12


class Method(StrEnum):
    """How a loan is repaid."""

    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    BULLET = "bullet"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything a schedule follows from. What makes no schedule is a ValueError with a sentence.

    `annual_rate_pct` is in percent a year, `disbursed_on` the anchor of every due date.
    """

    principal: Money
    annual_rate_pct: Decimal
    instalments: int
    period: Period
    disbursed_on: date
    method: Method = Method.EQUAL_INSTALMENT
    day_count: DayCount = DayCount.EQUAL_PERIOD
    rounding: Rounding = Rounding.HALF_UP

    def __post_init__(self) -> None:
        if not self.principal.is_positive:
            raise ValueError("the principal is more than zero")
        if not 1 <= self.instalments <= INSTALMENTS_MAX:
            raise ValueError(f"there are 1 to {INSTALMENTS_MAX} instalments")
        _check_rate(self.annual_rate_pct)


@dataclass(frozen=True, slots=True)
class Row:
    """One instalment: due on `due`, after which `outstanding` principal is left."""

    n: int
    due: date
    principal: Money
    interest: Money
    outstanding: Money

    @property
    def total(self) -> Money:
        """Return what is due: principal and interest."""
        return self.principal + self.interest


def build(terms: Terms) -> tuple[Row, ...]:
    """Return the rows of `terms` in order of their due dates; a bullet loan has one."""
    dues = due_dates(terms.disbursed_on, terms.period, terms.instalments)
    parts = _PARTS[terms.method](terms, fractions(terms, dues))
    if terms.method is Method.BULLET:
        dues = dues[-1:]
    return _rows(terms, dues, parts)


def fractions(terms: Terms, dues: Sequence[date]) -> list[Fraction]:
    """Return each period's part of a year, exact."""
    starts = [terms.disbursed_on, *dues[:-1]]
    return [
        period_fraction(terms.day_count, terms.period, start, end)
        for start, end in zip(starts, dues, strict=True)
    ]


def interest_on(balance: Money, terms: Terms, fraction: Fraction) -> Money:
    """Return the simple interest on `balance` for `fraction` of a year, rounded once."""
    return Money(_interest(balance.minor, terms, fraction), balance.currency)


def level_instalment(terms: Terms) -> Money:
    """Return E, the instalment that repays the loan in equal payments, rounded once."""
    dues = due_dates(terms.disbursed_on, terms.period, terms.instalments)
    return Money(level_over(terms, fractions(terms, dues)), terms.principal.currency)


# Each method returns (principal, interest) in minor units for every row.
Parts = list[tuple[int, int]]


def _equal_instalment(terms: Terms, parts_of_year: list[Fraction]) -> Parts:
    level, balance, parts = level_over(terms, parts_of_year), terms.principal.minor, []
    for n, fraction in enumerate(parts_of_year, 1):
        interest = _interest(balance, terms, fraction)
        is_last = n == terms.instalments
        repaid = balance if is_last else max(0, min(level - interest, balance))
        parts.append((repaid, interest))
        balance -= repaid
    return parts


def _equal_principal(terms: Terms, parts_of_year: list[Fraction]) -> Parts:
    balance, parts = terms.principal.minor, []
    for repaid, fraction in zip(_even_principal(terms), parts_of_year, strict=True):
        parts.append((repaid, _interest(balance, terms, fraction)))
        balance -= repaid
    return parts


def _interest_only(terms: Terms, parts_of_year: list[Fraction]) -> Parts:
    whole = terms.principal.minor
    parts = [(0, _interest(whole, terms, fraction)) for fraction in parts_of_year]
    parts[-1] = (whole, parts[-1][1])
    return parts


def _bullet(terms: Terms, parts_of_year: list[Fraction]) -> Parts:
    whole = terms.principal.minor
    return [(whole, _interest(whole, terms, sum(parts_of_year, Fraction(0))))]


def _flat(terms: Terms, parts_of_year: list[Fraction]) -> Parts:
    """Interest on the original principal; the last row makes the total exactly P·r·T."""
    whole = terms.principal.minor
    left, interests = _interest(whole, terms, sum(parts_of_year, Fraction(0))), []
    for fraction in parts_of_year[:-1]:
        interests.append(min(_interest(whole, terms, fraction), left))
        left -= interests[-1]
    return list(zip(_even_principal(terms), [*interests, left], strict=True))


_PARTS: Final = {
    Method.EQUAL_INSTALMENT: _equal_instalment,
    Method.EQUAL_PRINCIPAL: _equal_principal,
    Method.INTEREST_ONLY: _interest_only,
    Method.BULLET: _bullet,
    Method.FLAT: _flat,
}


def _even_principal(terms: Terms) -> list[int]:
    """P/n rounded in each row, never more than is left; the last row takes what is left."""
    left, parts = terms.principal.minor, []
    even = rounded(Fraction(left, terms.instalments), terms.rounding)
    for _ in range(terms.instalments - 1):
        parts.append(min(even, left))
        left -= parts[-1]
    return [*parts, left]


def level_over(terms: Terms, parts_of_year: list[Fraction]) -> int:
    """Return E over these periods, in minor units: an exact quotient of whole numbers, rounded.

    With growth g_j = a_j/B, E = P · (Π a_j) / (B · S) where S = 1 and then S·a_j + B^(j-1)
    for each further period: the annuity summed from the first period on, without a division.
    """
    growths = [1 + share(terms.annual_rate_pct) * fraction for fraction in parts_of_year]
    base = lcm(*(growth.denominator for growth in growths))
    scaled = [growth.numerator * (base // growth.denominator) for growth in growths]
    grown, annuity, power = scaled[0], 1, 1
    for a in scaled[1:]:
        power *= base
        grown *= a
        annuity = annuity * a + power
    return quotient(terms.principal.minor * grown, base * annuity, terms.rounding)


def _interest(balance: int, terms: Terms, fraction: Fraction) -> int:
    return rounded(balance * share(terms.annual_rate_pct) * fraction, terms.rounding)


def _rows(terms: Terms, dues: Sequence[date], parts: Parts) -> tuple[Row, ...]:
    currency, left, rows = terms.principal.currency, terms.principal.minor, []
    for n, (due, (repaid, interest)) in enumerate(zip(dues, parts, strict=True), 1):
        left -= repaid
        if repaid < 0 or interest < 0 or left < 0:
            raise Broken(f"row {n} of {terms} is negative")
        rows.append(
            Row(n, due, Money(repaid, currency), Money(interest, currency), Money(left, currency))
        )
    if left != 0:
        raise Broken(f"the schedule of {terms} leaves {left} of the principal")
    return tuple(rows)


def _check_rate(rate_pct: Decimal) -> None:
    if not rate_pct.is_finite() or not 0 <= rate_pct <= RATE_MAX_PCT:
        raise ValueError(f"the rate is 0 to {RATE_MAX_PCT} percent a year")
    exponent = rate_pct.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > RATE_DECIMALS_MAX:
        raise ValueError(f"the rate has at most {RATE_DECIMALS_MAX} decimals")
