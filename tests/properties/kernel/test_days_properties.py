"""Whatever the dates: anchored, ordered, additive."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.days import DayCount, Period, Unit, add_months, due_dates, year_fraction

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
conventions = st.sampled_from([count for count in DayCount if count is not DayCount.EQUAL_PERIOD])
periods = st.builds(Period, st.integers(1, 60), st.sampled_from(Unit))


@given(days, st.integers(-600, 600))
def test_a_month_later_is_in_the_right_month_and_never_later_in_it(
    start: date, months: int
) -> None:
    moved = add_months(start, months)
    assert (moved.year * 12 + moved.month) - (start.year * 12 + start.month) == months
    assert moved.day <= start.day
    if start.day <= 28:
        assert moved.day == start.day


@given(days, periods, st.integers(1, 120))
def test_due_dates_only_go_forward(start: date, period: Period, count: int) -> None:
    dues = due_dates(start, period, count)
    assert len(dues) == count
    assert [start, *dues] == sorted({start, *dues})


@given(days, days, days, conventions)
def test_year_fractions_add_up(a: date, b: date, c: date, convention: DayCount) -> None:
    first, middle, last = sorted((a, b, c))
    parts = year_fraction(convention, first, middle) + year_fraction(convention, middle, last)
    assert parts == year_fraction(convention, first, last)


@given(days, conventions)
def test_a_whole_year_is_about_one(start: date, convention: DayCount) -> None:
    year = year_fraction(convention, start, add_months(start, 12))
    assert abs(float(year) - 1) < 0.02
