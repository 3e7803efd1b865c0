"""What being late costs: one fee an instalment, and penalty interest that is charged each day.

Penalty interest is simple, ACT/365F, on the principal and interest that were overdue when the
day began. It is counted in whole units, of which UNITS_A_MINOR make one minor unit of money, so
that the sum to date is exact; a day's charge is the rounded sum to date less what was charged
before. The close of business counts the same units in SQL (`settlement.close_of_business`).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from marketplace.kernel.days import YEAR_DAYS
from marketplace.kernel.rates import BPS_WHOLE

UNITS_A_MINOR: Final = BPS_WHOLE * YEAR_DAYS


def day_units(overdue_minor: int, bps_per_year: int) -> int:
    """Return what one day adds to the exact sum."""
    return overdue_minor * bps_per_year


def charged_to_date(units: int) -> int:
    """Return the sum to date in minor units, rounded half up."""
    return (2 * units + UNITS_A_MINOR) // (2 * UNITS_A_MINOR)


def fee_day(due: date, grace_days: int) -> date:
    """Return the day on which an instalment that is still open is charged its late fee."""
    return due + timedelta(days=grace_days + 1)
