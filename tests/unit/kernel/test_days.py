"""Due dates that do not drift, and year fractions that are exact."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from marketplace.kernel.days import (
    DayCount,
    Period,
    Unit,
    add_months,
    days_between,
    due_dates,
    period_fraction,
    year_fraction,
)

ISDA, F365, A360, E360 = (
    DayCount.ACT_ACT_ISDA,
    DayCount.ACT_365F,
    DayCount.ACT_360,
    DayCount.THIRTY_E_360,
)


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2026-10-31", 1, "2026-11-30"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -13, "2024-12-15"),
        ("2026-05-31", 0, "2026-05-31"),
    ],
)
def test_months_are_added_to_the_anchor_and_clamped(
    anchor: str, months: int, expected: str
) -> None:
    assert add_months(date.fromisoformat(anchor), months) == date.fromisoformat(expected)


@pytest.mark.parametrize("months", [12 * 8000, -12 * 3000])
def test_months_beyond_the_calendar_are_a_value_error(months: int) -> None:
    with pytest.raises(ValueError, match="year 9999"):
        add_months(date(2026, 1, 1), months)


def test_due_dates_are_anchored_and_not_chained() -> None:
    monthly = due_dates(date(2023, 10, 31), Period(1, Unit.MONTHS), 5)
    assert [due.isoformat() for due in monthly] == [
        "2023-11-30",
        "2023-12-31",
        "2024-01-31",
        "2024-02-29",
        "2024-03-31",
    ]


def test_due_dates_come_in_weeks_and_days() -> None:
    start = date(2026, 12, 24)
    assert due_dates(start, Period(2, Unit.WEEKS), 2) == [date(2027, 1, 7), date(2027, 1, 21)]
    assert due_dates(start, Period(15, Unit.DAYS), 2) == [date(2027, 1, 8), date(2027, 1, 23)]
    assert due_dates(start, Period(3, Unit.MONTHS), 2) == [date(2027, 3, 24), date(2027, 6, 24)]
    with pytest.raises(ValueError, match="year 9999"):
        due_dates(date(9999, 12, 1), Period(40, Unit.DAYS), 1)


@pytest.mark.parametrize("every", [0, -1, 1.5, True])
def test_a_period_is_at_least_one(every: int) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Period(every, Unit.MONTHS)


def test_equal_periods_are_twelfths_and_bankers_days() -> None:
    assert Period(1, Unit.MONTHS).year_fraction == Fraction(1, 12)
    assert Period(3, Unit.MONTHS).year_fraction == Fraction(1, 4)
    assert Period(2, Unit.WEEKS).year_fraction == Fraction(14, 360)
    assert Period(15, Unit.DAYS).year_fraction == Fraction(15, 360)


@pytest.mark.parametrize(
    ("convention", "start", "end", "days", "fraction"),
    [
        # ISDA's own example, EMU and Market Conventions (1998): 61/365 + 121/366
        (ISDA, "2003-11-01", "2004-05-01", 182, Fraction(61, 365) + Fraction(121, 366)),
        (ISDA, "1999-02-01", "1999-07-01", 150, Fraction(150, 365)),
        (ISDA, "1999-07-01", "2000-07-01", 366, Fraction(184, 365) + Fraction(182, 366)),
        (ISDA, "2002-08-15", "2003-07-15", 334, Fraction(334, 365)),
        (ISDA, "2003-07-15", "2004-01-15", 184, Fraction(170, 365) + Fraction(14, 366)),
        (ISDA, "1999-07-30", "2000-01-30", 184, Fraction(155, 365) + Fraction(29, 366)),
        (ISDA, "2000-01-30", "2000-06-30", 152, Fraction(152, 366)),
        (ISDA, "2023-12-12", "2024-01-12", 31, Fraction(20, 365) + Fraction(11, 366)),
        (ISDA, "2011-12-28", "2016-02-29", 1524, Fraction(4, 365) + 4 + Fraction(59, 366)),
        (F365, "2011-12-28", "2016-02-29", 1524, Fraction(1524, 365)),
        (F365, "2012-02-28", "2012-03-28", 29, Fraction(29, 365)),
        (A360, "2011-12-28", "2012-02-28", 62, Fraction(62, 360)),
        # OpenGamma Strata's table for 30E/360
        (E360, "2011-12-28", "2012-02-29", 61, Fraction(61, 360)),
        (E360, "2012-02-29", "2012-03-28", 29, Fraction(29, 360)),
        (E360, "2012-05-29", "2013-08-31", 451, Fraction(451, 360)),
        (E360, "2012-05-31", "2013-08-30", 450, Fraction(450, 360)),
        (E360, "2012-05-31", "2013-08-31", 450, Fraction(450, 360)),
        (E360, "2007-01-31", "2007-02-28", 28, Fraction(28, 360)),
        (E360, "2007-02-28", "2007-03-31", 32, Fraction(32, 360)),
        (E360, "2007-01-15", "2007-01-30", 15, Fraction(15, 360)),
        (E360, "2007-09-30", "2007-10-31", 30, Fraction(30, 360)),
        (F365, "2026-05-05", "2026-05-05", 0, Fraction(0)),
    ],
)
def test_year_fractions_of_published_examples(
    convention: DayCount, start: str, end: str, days: int, fraction: Fraction
) -> None:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    assert days_between(convention, first, last) == days
    assert year_fraction(convention, first, last) == fraction


def test_time_runs_forward() -> None:
    for convention in (ISDA, F365, A360, E360):
        with pytest.raises(ValueError, match="before"):
            year_fraction(convention, date(2026, 2, 1), date(2026, 1, 1))


def test_equal_period_is_a_property_of_a_period() -> None:
    start, end = date(2026, 1, 1), date(2026, 2, 1)
    with pytest.raises(ValueError, match="needs a period"):
        year_fraction(DayCount.EQUAL_PERIOD, start, end)
    monthly = Period(1, Unit.MONTHS)
    assert period_fraction(DayCount.EQUAL_PERIOD, monthly, start, end) == Fraction(1, 12)
    assert period_fraction(F365, monthly, start, end) == Fraction(31, 365)
