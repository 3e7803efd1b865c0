"""Schedules of 36 instalments a second, one at a time and many at once.

The yardsticks do the same arithmetic without knowing anything: a loop over whole cents, and an
array of 64-bit whole numbers divided row by row. Neither guards against a row below zero, rounds
in more than one way, or knows another method, period or day count than the one it is written for.
Besides: the goals of issue 4, 100,000/s exact and 2,000,000/s in columns, on one core; so seconds
are those this process worked, whatever else the machine does.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from time import process_time
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.figures import Figure, alternate
from bench.place import Place
from bench.scales import Scale
from marketplace.kernel.days import DayCount, Period, Unit
from marketplace.kernel.money import Money
from marketplace.loans.columns import RATE_PARTS, columns
from marketplace.loans.schedule import Terms, amounts_of, build, dues_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COUNT: Final = 36
_START: Final = date(2026, 1, 31)
_ONE_BY_ONE: Final = 20_000
_ROWS: Final = 2_000
_AT_ONCE: Final = 100_000
_FLOOR_EXACT: Final = 100_000.0
_FLOOR_COLUMNS: Final = 2_000_000.0


def run(_place: Place, scale: Scale) -> list[Figure]:
    """Measure both forms; a rate above the issue's figure passes whatever the ratio."""
    loans = _loans(_ONE_BY_ONE)
    exact, dated, rows = alternate(
        scale.rounds,
        lambda: _plain_rate(loans),
        lambda: _rate(loans, amounts_of),
        lambda: _rate(loans, lambda one: (amounts_of(one), dues_of(one))),
        lambda: _rate(loans[:_ROWS], build),
    )
    even, days = alternate(
        scale.rounds,
        _plain_columns_rate,
        lambda: _columns_rate(DayCount.EQUAL_PERIOD),
        lambda: _columns_rate(DayCount.ACT_365F),
    )
    plain, arrays = "cents in a loop", "int64 arrays"
    return [
        _quick(exact.figure("exact amounts", "schedules/s", plain, 0.5), _FLOOR_EXACT),
        _quick(dated.figure("exact amounts and days", "schedules/s", plain, 0.5), _FLOOR_EXACT),
        rows.figure("rows of money to show", "schedules/s", plain, 0.02),
        _quick(even.figure("columns, equal periods", "schedules/s", arrays, 0.5), _FLOOR_COLUMNS),
        _quick(days.figure("columns, real days", "schedules/s", arrays, 0.5), _FLOOR_COLUMNS),
    ]


def _quick(figure: Figure, floor: float) -> Figure:
    remark = f"goal {floor:,.0f}/s"
    return replace(figure, remark=remark, quick_enough=figure.ours >= floor)


def _loans(count: int) -> list[Terms]:
    """Loans as a marketplace has them: any amount, rates of a price list with two decimals."""
    dice = random.Random(36)
    return [
        Terms(
            Money(dice.randrange(50_000, 5_000_000), "EUR"),
            Decimal(dice.randrange(390, 2_590)) / 100,
            _COUNT,
            Period(1, Unit.MONTHS),
            _START,
        )
        for _ in range(count)
    ]


def _rate(loans: list[Terms], work: Callable[[Terms], object]) -> float:
    began = process_time()
    for one in loans:
        work(one)
    return len(loans) / (process_time() - began)


def _plain_rate(loans: list[Terms]) -> float:
    facts = [(one.principal.minor, int(one.annual_rate_pct * 100)) for one in loans]
    began = process_time()
    for principal, bps in facts:
        _plain(principal, bps)
    return len(loans) / (process_time() - began)


def _plain(principal: int, bps: int) -> tuple[list[int], list[int]]:
    rate = bps / 120_000
    level = round(principal * rate / (1 - (1 + rate) ** -_COUNT))
    balance, principals, interests = principal, [], []
    for _ in range(_COUNT - 1):
        interest = (2 * balance * bps + 120_000) // 240_000
        principals.append(level - interest)
        interests.append(interest)
        balance -= level - interest
    interests.append((2 * balance * bps + 120_000) // 240_000)
    return [*principals, balance], interests


def _portfolio() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    dice = np.random.default_rng(36)
    lent = dice.integers(50_000, 5_000_000, _AT_ONCE)
    return lent, dice.integers(390, 2_590, _AT_ONCE) * (RATE_PARTS // 10_000)


def _columns_rate(day_count: DayCount) -> float:
    lent, rates = _portfolio()
    pattern = replace(_loans(1)[0], day_count=day_count)
    began = process_time()
    columns(pattern, lent, rates)
    return _AT_ONCE / (process_time() - began)


def _plain_columns_rate() -> float:
    lent, rates = _portfolio()
    bps = rates // (RATE_PARTS // 10_000)
    began = process_time()
    each = bps / 120_000
    level = np.rint(lent * each / (1 - (1 + each) ** -_COUNT)).astype(np.int64)
    balance = lent.copy()
    principals = np.empty((_COUNT, _AT_ONCE), np.int64)
    interests = np.empty((_COUNT, _AT_ONCE), np.int64)
    for n in range(_COUNT):
        interests[n] = (2 * balance * bps + 120_000) // 240_000
        principals[n] = level - interests[n]
        balance -= principals[n]
    principals[-1] += balance
    return _AT_ONCE / (process_time() - began)
