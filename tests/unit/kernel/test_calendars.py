"""Closed days: lists as they were published, and rules where they bite."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from marketplace.kernel.calendars import (
    LISTED_YEARS,
    Calendar,
    easter,
    holidays,
    is_business_day,
    next_business_day,
)


def weekdays_closed(calendar: Calendar, year: int) -> list[str]:
    """The closed days that are not a Saturday or Sunday anyway."""
    return sorted(f"{day:%m-%d}" for day in holidays(calendar, year) if day.weekday() < 5)


# As published: ECB, Federal Reserve and OPM, gov.uk, gov.hk, State Council.
@pytest.mark.parametrize(
    ("calendar", "year", "days"),
    [
        (Calendar.TARGET, 2026, "01-01 04-03 04-06 05-01 12-25"),
        (Calendar.TARGET, 2027, "01-01 03-26 03-29"),
        (
            Calendar.US,
            2026,
            "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
        ),
        # New Year's Day of 2028 is a Saturday: it closes the last Friday of 2027
        (
            Calendar.US,
            2027,
            "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
        ),
        (Calendar.GB, 2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (Calendar.GB, 2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
        (Calendar.GB, 2028, "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26"),
        (
            Calendar.HK,
            2026,
            "01-01 02-17 02-18 02-19 04-03 04-06 04-07 05-01 05-25 06-19 07-01 10-01 10-19 12-25",
        ),
        # Chinese New Year on a Saturday: its second day, a Sunday, is given on the fourth
        (
            Calendar.HK,
            2027,
            "01-01 02-08 02-09 03-26 03-29 04-05 05-13 06-09 07-01 09-16 10-01 10-08 12-27",
        ),
        (
            Calendar.CN,
            2025,
            (
                "01-01 01-28 01-29 01-30 01-31 02-03 02-04 04-04 05-01 05-02 05-05 06-02 "
                "10-01 10-02 10-03 10-06 10-07 10-08"
            ),
        ),
        (
            Calendar.CN,
            2026,
            (
                "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 "
                "06-19 09-25 10-01 10-02 10-05 10-06 10-07"
            ),
        ),
    ],
)
def test_closed_weekdays_are_those_published(calendar: Calendar, year: int, days: str) -> None:
    assert weekdays_closed(calendar, year) == days.split()


def test_a_weekend_worked_for_a_holiday_is_a_business_day_in_china_alone() -> None:
    worked = date(2026, 2, 14)

    assert worked.weekday() == 5
    assert is_business_day(Calendar.CN, worked)
    assert not is_business_day(Calendar.HK, worked)


def test_a_year_without_a_notice_has_the_statutory_days_moved_off_the_weekend() -> None:
    # New Year's Day of 2028 is a Saturday; Spring Festival runs from its eve to the third day
    assert weekdays_closed(Calendar.CN, 2028)[:5] == ["01-03", "01-25", "01-26", "01-27", "01-28"]


@pytest.mark.parametrize(
    ("day", "calendar", "due"),
    [
        ("2026-04-03", Calendar.TARGET, "2026-04-07"),  # Good Friday to Easter Monday
        ("2026-04-03", Calendar.US, "2026-04-03"),
        ("2027-12-25", Calendar.GB, "2027-12-29"),  # Saturday, Sunday and two substitutes
        ("2025-01-28", Calendar.CN, "2025-02-05"),
        ("2026-05-02", Calendar.NONE, "2026-05-02"),  # without a calendar a Saturday is a day
        ("2026-05-02", Calendar.TARGET, "2026-05-04"),
    ],
)
def test_a_closed_day_gives_way_to_the_next_open_one(
    day: str, calendar: Calendar, due: str
) -> None:
    assert next_business_day(calendar, date.fromisoformat(day)) == date.fromisoformat(due)


def test_easter_as_in_the_calendar() -> None:
    known = ["2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25", "2285-03-22"]
    assert [str(easter(int(day[:4]))) for day in known] == known


@pytest.mark.parametrize("calendar", [one for one in Calendar if one])
def test_every_listed_year_has_its_holidays_and_no_gap_is_longer_than_eleven_days(
    calendar: Calendar,
) -> None:
    for year in LISTED_YEARS:
        assert len(holidays(calendar, year)) >= 6
        day = date(year, 1, 1)
        while day.year == year:
            assert (next_business_day(calendar, day) - day) <= timedelta(days=10)
            day += timedelta(days=1)


def test_a_calendar_nobody_keeps_is_refused() -> None:
    with pytest.raises(ValueError, match="MARS"):
        is_business_day("MARS", date(2026, 1, 5))
