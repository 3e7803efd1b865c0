"""Days: due dates that do not drift, and the part of a year between two dates.

Year fractions are exact `Fraction`s; whoever multiplies money by one rounds the money, once.

Sources: ISDA 2006 Definitions section 4.16 (b) Actual/Actual ISDA, (d) Actual/365 (Fixed),
(e) Actual/360, (g) 30E/360.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final

MONTHS_A_YEAR: Final = 12
DAYS_A_WEEK: Final = 7
BANKERS_YEAR_DAYS: Final = 360
YEAR_DAYS: Final = 365
LEAP_YEAR_DAYS: Final = 366


class Unit(StrEnum):
    """What a period is counted in."""

    MONTHS = "MONTHS"
    WEEKS = "WEEKS"
    DAYS = "DAYS"


class DayCount(StrEnum):
    """How much of a year a period is."""

    EQUAL_PERIOD = "EQUAL_PERIOD"
    ACT_365F = "ACT/365F"
    ACT_360 = "ACT/360"
    ACT_ACT_ISDA = "ACT/ACT ISDA"
    THIRTY_E_360 = "30E/360"


# What a year is divided into so that every span of days is a whole number.
UNITS_A_YEAR: Final = {
    DayCount.ACT_365F: YEAR_DAYS,
    DayCount.ACT_360: BANKERS_YEAR_DAYS,
    DayCount.ACT_ACT_ISDA: YEAR_DAYS * LEAP_YEAR_DAYS,
    DayCount.THIRTY_E_360: BANKERS_YEAR_DAYS,
}


@dataclass(frozen=True, slots=True)
class Period:
    """Every so many months, weeks or days; `every` is at least 1 (ValueError otherwise)."""

    every: int
    unit: Unit

    def __post_init__(self) -> None:
        if type(self.every) is not int or self.every < 1:
            raise ValueError("a period is every 1 or more months, weeks or days")

    @property
    def year_fraction(self) -> Fraction:
        """Return the part of a year under EQUAL_PERIOD: every/12, 7·every/360, every/360."""
        if self.unit is Unit.MONTHS:
            return Fraction(self.every, MONTHS_A_YEAR)
        days = self.every * (DAYS_A_WEEK if self.unit is Unit.WEEKS else 1)
        return Fraction(days, BANKERS_YEAR_DAYS)


def add_months(anchor: date, months: int) -> date:
    """Return the day `months` after `anchor` (negative: before), clamped to the month's end.

    Always count from the anchor, never from the result: 31 Jan gives 28 Feb and then 31 Mar.
    Outside the years 1 to 9999: ValueError.
    """
    year, month0 = divmod(anchor.year * MONTHS_A_YEAR + anchor.month - 1 + months, MONTHS_A_YEAR)
    if not MINYEAR <= year <= MAXYEAR:
        raise ValueError("dates run from year 1 to year 9999")
    last_day = monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(anchor.day, last_day))


def due_date(start: date, period: Period, n: int) -> date:
    """Return the end of the `n`-th period after `start`, anchored on `start`."""
    if period.unit is Unit.MONTHS:
        return add_months(start, period.every * n)
    days = period.every * (DAYS_A_WEEK if period.unit is Unit.WEEKS else 1)
    try:
        return start + timedelta(days=days * n)
    except OverflowError:
        raise ValueError("dates run from year 1 to year 9999") from None


def due_dates(start: date, period: Period, count: int) -> list[date]:
    """Return the ends of the first `count` periods after `start`, each anchored on `start`."""
    return [due_date(start, period, n) for n in range(1, count + 1)]


def months_of(count: int, period: Period) -> int:
    """Return what `count` periods come to in whole months, the nearest and at least one.

    For showing and sorting: weeks are counted as seven days of a year of 365.
    """
    if count == 0:
        return 0
    if period.unit is Unit.MONTHS:
        return count * period.every
    days = count * period.every * (DAYS_A_WEEK if period.unit is Unit.WEEKS else 1)
    return max(1, (2 * days * MONTHS_A_YEAR + YEAR_DAYS) // (2 * YEAR_DAYS))


def days_between(convention: DayCount, start: date, end: date) -> int:
    """Return the days from `start` to `end` as `convention` counts them; `end` is not counted.

    30E/360 counts every month as 30 days and the 31st as the 30th; the others count real days.
    """
    _forward(start, end)
    if convention is DayCount.THIRTY_E_360:
        return _thirty_day_number(end) - _thirty_day_number(start)
    return (end - start).days


def year_fraction(convention: DayCount, start: date, end: date) -> Fraction:
    """Return the exact part of a year from `start` to `end`.

    ACT/ACT ISDA splits at 1 January: days in leap years over 366, the others over 365.
    `end` before `start`, or EQUAL_PERIOD (which is a property of a `Period`): ValueError.
    """
    return Fraction(units_between(convention, start, end), UNITS_A_YEAR[convention])


def units_between(convention: DayCount, start: date, end: date) -> int:
    """Return the time from `start` to `end` in whole units, of which `UNITS_A_YEAR` are a year.

    The same refusals as `year_fraction`.
    """
    if convention is DayCount.EQUAL_PERIOD:
        raise ValueError("EQUAL_PERIOD needs a period: two dates alone do not say it")
    if convention is DayCount.ACT_ACT_ISDA:
        return _actual_actual(start, end)
    return days_between(convention, start, end)


def period_fraction(convention: DayCount, period: Period, start: date, end: date) -> Fraction:
    """Return the part of a year of one whole `period`, which runs from `start` to `end`."""
    if convention is DayCount.EQUAL_PERIOD:
        return period.year_fraction
    return year_fraction(convention, start, end)


def _forward(start: date, end: date) -> None:
    if end < start:
        raise ValueError(f"{end} is before {start}")


def _thirty_day_number(day: date) -> int:
    return BANKERS_YEAR_DAYS * day.year + 30 * day.month + min(day.day, 30)


def _actual_actual(start: date, end: date) -> int:
    """Count a day of a common year as 366 and one of a leap year as 365: both years are alike."""
    _forward(start, end)
    if start.year == end.year:
        return (end - start).days * _day_units(start.year)
    head = (date(start.year, 12, 31) - start).days + 1
    tail = (end - date(end.year, 1, 1)).days
    whole = (end.year - start.year - 1) * UNITS_A_YEAR[DayCount.ACT_ACT_ISDA]
    return head * _day_units(start.year) + whole + tail * _day_units(end.year)


def _day_units(year: int) -> int:
    return YEAR_DAYS if isleap(year) else LEAP_YEAR_DAYS
