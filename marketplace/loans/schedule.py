"""The repayment schedule: what is due when, from the terms of a loan.

Conventions (architecture section 8, shown to people in docs/calculators.md):
- Level instalment E = P / sum over k of product over j <= k of 1/(1 + r·f_j), rounded once.
- Interest of a row is taken on the rounded opening balance and rounded once; nothing else is.
- The last row clears the principal: the principal parts always sum to the principal.
- A calendar moves a due date on a closed day to the next open one. Under EQUAL_PERIOD interest
  stays as it is, under the other day counts it runs to the day on which it is due.
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
from functools import lru_cache
from math import lcm
from typing import TYPE_CHECKING, Final

from marketplace.kernel.calendars import Calendar, next_business_day
from marketplace.kernel.days import (
    UNITS_A_YEAR,
    DayCount,
    Period,
    due_date,
    due_dates,
    period_fraction,
    units_between,
)
from marketplace.kernel.errors import Broken
from marketplace.kernel.money import Money
from marketplace.kernel.rates import Rounding, quotient, rounded, share
from marketplace.loans import amounts
from marketplace.loans.amounts import Amounts, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTALMENTS_MAX: Final = 3_660  # ten years of days
RATE_MAX_PCT: Final = Decimal(10_000)
RATE_DECIMALS_MAX: Final = 12
_KEPT: Final = 4_096  # rates and runs of days that come again: a portfolio has few of each


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

    `annual_rate_pct` is in percent a year, `disbursed_on` the anchor of every due date and
    `calendar` the one whose closed days shift it.
    """

    principal: Money
    annual_rate_pct: Decimal
    instalments: int
    period: Period
    disbursed_on: date
    method: Method = Method.EQUAL_INSTALMENT
    day_count: DayCount = DayCount.EQUAL_PERIOD
    rounding: Rounding = Rounding.HALF_UP
    calendar: Calendar = Calendar.NONE

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
    dues = dues_of(terms)
    if terms.method is Method.BULLET:
        dues = dues[-1:]
    return _rows(terms, dues, amounts_of(terms))


def dues_of(terms: Terms) -> tuple[date, ...]:
    """Return the day on which each period ends and its row is due, holidays considered."""
    return _dues(terms.disbursed_on, terms.period, terms.instalments, terms.calendar)


def due_of(terms: Terms, n: int) -> date:
    """Return the end of the `n`-th period, on an open day; also beyond the last one."""
    return next_business_day(terms.calendar, due_date(terms.disbursed_on, terms.period, n))


@lru_cache(maxsize=_KEPT)
def _dues(start: date, period: Period, count: int, calendar: Calendar) -> tuple[date, ...]:
    dues = due_dates(start, period, count)
    return tuple(next_business_day(calendar, due) for due in dues) if calendar else tuple(dues)


def amounts_of(terms: Terms) -> Amounts:
    """Return what each row repays and its interest, in minor units: the schedule without dates."""
    principal, steps, rounding = terms.principal.minor, steps_of(terms), terms.rounding
    match terms.method:
        case Method.EQUAL_INSTALMENT:
            even = amounts.level(principal, steps, rounding)
            return amounts.equal_instalment(principal, even, steps)
        case Method.EQUAL_PRINCIPAL:
            return amounts.equal_principal(principal, steps, rounding)
        case Method.INTEREST_ONLY:
            return amounts.interest_only(principal, steps)
        case Method.BULLET:
            return amounts.bullet(principal, steps)
        case Method.FLAT:
            return amounts.flat(principal, steps, rounding)


def steps_of(terms: Terms) -> Steps:
    """Return how interest comes from a balance in each period of `terms`."""
    if terms.day_count is DayCount.EQUAL_PERIOD:
        return _even_steps(terms.annual_rate_pct, terms.period, terms.instalments, terms.rounding)
    return _uneven_steps(terms)


@lru_cache(maxsize=_KEPT)
def _even_steps(rate_pct: Decimal, period: Period, count: int, rounding: Rounding) -> Steps:
    each = share(rate_pct) * period.year_fraction
    return amounts.even_steps(each.numerator, each.denominator, count, rounding)


def _uneven_steps(terms: Terms) -> Steps:
    rate, (units, a_year) = share(terms.annual_rate_pct), units_of(terms)
    den = rate.denominator * a_year
    return amounts.uneven_steps(rate.numerator, den, units, terms.rounding)


def units_of(terms: Terms) -> tuple[tuple[int, ...], int]:
    """Return how long each period is, in whole units, and how many of them are a year."""
    if terms.day_count is DayCount.EQUAL_PERIOD:
        each = terms.period.year_fraction
        return (each.numerator,) * terms.instalments, each.denominator
    units = _units(terms.day_count, terms.disbursed_on, dues_of(terms))
    return units, UNITS_A_YEAR[terms.day_count]


@lru_cache(maxsize=_KEPT)
def _units(day_count: DayCount, start: date, dues: tuple[date, ...]) -> tuple[int, ...]:
    starts = (start, *dues[:-1])
    return tuple(units_between(day_count, a, b) for a, b in zip(starts, dues, strict=True))


def fractions(terms: Terms, dues: Sequence[date]) -> list[Fraction]:
    """Return each period's part of a year, exact."""
    starts = [terms.disbursed_on, *dues[:-1]]
    return [
        period_fraction(terms.day_count, terms.period, start, end)
        for start, end in zip(starts, dues, strict=True)
    ]


def interest_on(balance: Money, terms: Terms, fraction: Fraction) -> Money:
    """Return the simple interest on `balance` for `fraction` of a year, rounded once."""
    interest = rounded(balance.minor * share(terms.annual_rate_pct) * fraction, terms.rounding)
    return Money(interest, balance.currency)


def level_instalment(terms: Terms) -> Money:
    """Return E, the instalment that repays the loan in equal payments, rounded once."""
    even = amounts.level(terms.principal.minor, steps_of(terms), terms.rounding)
    return Money(even, terms.principal.currency)


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


def _rows(terms: Terms, dues: Sequence[date], found: Amounts) -> tuple[Row, ...]:
    currency, left, rows = terms.principal.currency, terms.principal.minor, []
    for n, (due, repaid, interest) in enumerate(zip(dues, *found, strict=True), 1):
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
