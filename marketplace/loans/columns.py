"""Schedules of many loans at once: one array operation does a row of them all.

For portfolio work, where loans differ in amount and rate and share the rest. The amounts are those
of `amounts`, to the unit: balances are whole numbers in 64-bit floats, and the floor of a quotient
of two whole numbers is exact there while the larger stays below 2^53, so that no division of
integers, the slowest there is, is needed. What does not fit is worked out by `amounts` itself:
numbers too large, another rounding, an even instalment on the edge of a rounding, a row that would
repay less than nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from math import gcd
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from marketplace.kernel.money import Money
from marketplace.kernel.rates import Rounding
from marketplace.loans.schedule import Method, Terms, amounts_of, units_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Real = NDArray[np.float64]
    Marks = NDArray[np.bool_]

RATE_PARTS: Final = 1_000_000  # rates come in millionths a year, as the database keeps them

_EXACT: Final = float(2**53)
_AT_ONCE: Final = frozenset({Method.BULLET, Method.FLAT})  # interest over all periods together
_BLOCK: Final = 4_096  # loans whose columns stay in the processor's cache
# How near to half a unit an even instalment is not trusted to floats: a hundred times their error.
_EDGE: Final = 1e-7
_EDGE_SHARE: Final = 1e-12


class Columns(NamedTuple):
    """What each row of each loan repays, and its interest, in minor units: `[row, loan]`."""

    principals: Whole
    interests: Whole


class _Clock(NamedTuple):
    """How long each period is, and what a year of a whole principal is, in units of rate."""

    units: tuple[int, ...]
    year: int


def columns(pattern: Terms, principals: Whole, rates: Whole) -> Columns:
    """Return the schedules of loans like `pattern`, each of its own principal and rate.

    `principals` are minor units and more than zero, `rates` millionths a year; principal and
    rate of `pattern` do not matter.
    """
    count = 1 if pattern.method is Method.BULLET else pattern.instalments
    found = Columns(
        np.empty((count, len(principals)), np.int64), np.empty((count, len(principals)), np.int64)
    )
    units, a_year = units_of(pattern)
    clock = _Clock(units, a_year * RATE_PARTS)
    for start in range(0, len(principals), _BLOCK):
        part = slice(start, start + _BLOCK)
        block = Columns(found.principals[:, part], found.interests[:, part])
        doubtful = _filled(pattern, clock, principals[part], rates[part], block)
        for n in np.flatnonzero(doubtful):
            _by_itself(pattern, int(principals[start + n]), int(rates[start + n]), block, int(n))
    return found


def _filled(
    pattern: Terms, clock: _Clock, principals: Whole, rates: Whole, block: Columns
) -> Marks:
    """Fill the block; returns the loans that must be worked out one by one."""
    # Rates of a price list have few digits: the smaller the numbers, the more of them are exact.
    common = gcd(int(np.gcd.reduce(rates)), clock.year)
    clock, rates = _Clock(clock.units, clock.year // common), rates // common
    longest = sum(clock.units) if pattern.method in _AT_ONCE else max(clock.units)
    most = float(principals.max()) * float(rates.max()) * 2 * longest + clock.year
    if pattern.rounding is not Rounding.HALF_UP or most >= _EXACT:
        return np.ones(len(principals), np.bool_)
    fill = _FILL[pattern.method]
    return fill(clock, principals.astype(np.float64), rates.astype(np.float64), block)


def _by_itself(pattern: Terms, principal: int, rate: int, block: Columns, n: int) -> None:
    terms = replace(
        pattern,
        principal=Money(principal, pattern.principal.currency),
        annual_rate_pct=Decimal(rate) * 100 / RATE_PARTS,
    )
    block.principals[:, n], block.interests[:, n] = amounts_of(terms)


def _half_up(dividend: Real, divisor: float) -> Real:
    """Round dividend / divisor in place: both are whole numbers, the sum below 2^53."""
    dividend *= 2
    dividend += divisor
    dividend /= 2 * divisor
    return np.floor(dividend, out=dividend)


def _equal_instalment(clock: _Clock, whole: Real, rates: Real, block: Columns) -> Marks:
    even, doubtful = _level(clock, whole, rates)
    balance, year = whole.copy(), float(clock.year)
    times, plus, interest = rates * 2, year, np.empty_like(whole)
    for n, units in enumerate(clock.units):
        np.multiply(balance, times, out=interest)
        if units != 1:
            interest *= units
        interest += plus
        interest /= 2 * year
        np.floor(interest, out=interest)
        block.interests[n] = interest
        np.subtract(even, interest, out=interest)
        doubtful |= interest < 0
        block.principals[n] = interest
        balance -= interest
    last = block.principals[-1] + balance.astype(np.int64)
    doubtful |= (last < 0) | (balance + interest < 0)
    block.principals[-1] = last
    return doubtful


def _level(clock: _Clock, whole: Real, rates: Real) -> tuple[Real, Marks]:
    """Return the even instalment of each loan, and where a float cannot tell how it rounds."""
    factor, annuity = np.ones_like(whole), np.zeros_like(whole)
    if len(set(clock.units)) == 1:
        each = rates * (clock.units[0] / clock.year)
        count = len(clock.units)
        free = each == 0
        each[free] = 1.0
        annuity = -np.expm1(-count * np.log1p(each)) / each
        annuity[free] = count
    else:
        for units in clock.units:
            factor /= 1 + rates * (units / clock.year)
            annuity += factor
    exact = whole / annuity
    even = np.floor(exact + 0.5)
    edge = np.abs(exact - np.floor(exact) - 0.5)
    return even, edge < _EDGE + exact * _EDGE_SHARE


def _equal_principal(clock: _Clock, whole: Real, rates: Real, block: Columns) -> Marks:
    doubtful = _even_parts(whole, block)
    balance = whole.copy()
    for n, units in enumerate(clock.units):
        block.interests[n] = _half_up(balance * rates * units, float(clock.year))
        balance -= block.principals[n]
    return doubtful


def _interest_only(clock: _Clock, whole: Real, rates: Real, block: Columns) -> Marks:
    block.principals[:] = 0
    block.principals[-1] = whole
    for n, units in enumerate(clock.units):
        block.interests[n] = _half_up(whole * rates * units, float(clock.year))
    return np.zeros(len(whole), np.bool_)


def _bullet(clock: _Clock, whole: Real, rates: Real, block: Columns) -> Marks:
    block.principals[0] = whole
    block.interests[0] = _half_up(whole * rates * sum(clock.units), float(clock.year))
    return np.zeros(len(whole), np.bool_)


def _flat(clock: _Clock, whole: Real, rates: Real, block: Columns) -> Marks:
    doubtful = _even_parts(whole, block)
    left = _half_up(whole * rates * sum(clock.units), float(clock.year))
    for n, units in enumerate(clock.units[:-1]):
        interest = _half_up(whole * rates * units, float(clock.year))
        block.interests[n] = interest
        left -= interest
    block.interests[-1] = left
    return doubtful | (left < 0)


def _even_parts(whole: Real, block: Columns) -> Marks:
    """Spread the principal evenly; the last row takes the rest, which may not be below zero."""
    count = len(block.principals)
    even = _half_up(whole.copy(), float(count))
    last = whole - even * (count - 1)
    block.principals[:] = even
    block.principals[-1] = last
    return last < 0


_FILL: Final[dict[Method, Callable[[_Clock, Real, Real, Columns], Marks]]] = {
    Method.EQUAL_INSTALMENT: _equal_instalment,
    Method.EQUAL_PRINCIPAL: _equal_principal,
    Method.INTEREST_ONLY: _interest_only,
    Method.BULLET: _bullet,
    Method.FLAT: _flat,
}
