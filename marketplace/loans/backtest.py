"""A version tried on the past: what last year's loans would have brought under it. Pure.

Every loan keeps its amount, its instalments and its place within its grade's rates; all are priced
as if they began on one day, so that two versions differ by their terms and by nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from marketplace.kernel.calendars import Calendar
from marketplace.kernel.days import DayCount, Period, Unit
from marketplace.kernel.money import Money
from marketplace.kernel.rates import BPS_WHOLE, Rounding
from marketplace.loans.columns import RATE_PARTS, columns
from marketplace.loans.schedule import Method, Terms
from marketplace.loans.versions import Band


@dataclass(frozen=True, slots=True)
class Past:
    """A loan of the past, as far as its price goes; the rate is a share of a year."""

    amount_minor: int
    instalments: int
    annual_rate: Decimal
    grade: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What all loans come to. `outside` could not be asked for and counts in nothing else."""

    loans: int
    outside: int
    lent: Money
    interest: Money
    borrower_fees: Money
    lender_fees: Money


def moved(
    past: Iterable[Past], before: Mapping[str, Band], after: Mapping[str, Band]
) -> list[Past]:
    """Return the loans with rates at the same place within the new bands of their grades."""
    return [
        Past(one.amount_minor, one.instalments, _moved(one, before, after), one.grade)
        for one in past
    ]


def _moved(one: Past, before: Mapping[str, Band], after: Mapping[str, Band]) -> Decimal:
    old, new = before.get(one.grade), after.get(one.grade)
    if old is None or new is None:
        return one.annual_rate
    width = old.rate_to - old.rate_from
    place = (one.annual_rate - old.rate_from) / width if width else Decimal(0)
    rate = new.rate_from + place * (new.rate_to - new.rate_from)
    return min(max(rate, Decimal(0)), Decimal(1))


def outcome(past: Sequence[Past], version: Mapping[str, Any], currency: str, on: date) -> Outcome:
    """Return what the loans come to under the columns of a version, all beginning on `on`."""
    inside = [one for one in past if _fits(one, version)]
    groups: dict[int, list[Past]] = defaultdict(list)
    for one in inside:
        groups[one.instalments].append(one)
    lent = interest = borrower_fees = lender_fees = 0
    for instalments, loans in groups.items():
        amounts = np.array([one.amount_minor for one in loans], np.int64)
        rates = np.array([round(one.annual_rate * RATE_PARTS) for one in loans], np.int64)
        pattern = _pattern(version, instalments, currency, on)
        interests = columns(pattern, amounts, rates).interests.sum(axis=0)
        lent += int(amounts.sum())
        interest += int(interests.sum())
        borrower_fees += _bps(amounts, version["origination_fee_bps"])
        lender_fees += _bps(interests, version["lender_fee_bps"])
    return Outcome(
        loans=len(inside),
        outside=len(past) - len(inside),
        lent=Money(lent, currency),
        interest=Money(interest, currency),
        borrower_fees=Money(borrower_fees, currency),
        lender_fees=Money(lender_fees, currency),
    )


def _fits(one: Past, version: Mapping[str, Any]) -> bool:
    least, most = version["amount_min_minor"], version["amount_max_minor"]
    if not least <= one.amount_minor <= most:
        return False
    return one.instalments in range(version["instalments_min"], version["instalments_max"] + 1)


def _pattern(version: Mapping[str, Any], instalments: int, currency: str, on: date) -> Terms:
    return Terms(
        principal=Money(1, currency),
        annual_rate_pct=Decimal(0),
        instalments=instalments,
        period=Period(version["period_every"], Unit(version["period_unit"])),
        disbursed_on=on,
        method=Method(version["method"]),
        day_count=DayCount(version["day_count"]),
        rounding=Rounding(version["rounding_mode"]),
        calendar=Calendar(version["calendar"]),
    )


def _bps(amounts: Any, fee_bps: int) -> int:  # noqa: ANN401 - an array of whole numbers
    """Return the sum of each amount's fee, each rounded half up."""
    return int(((2 * amounts * fee_bps + BPS_WHOLE) // (2 * BPS_WHOLE)).sum())
