"""Business days: which days banks are closed, by rule where there is one and by list where not.

A due date that falls on a closed day moves to the next open one. Sources:
- TARGET: closing days of the Eurosystem's settlement system, Governing Council, 14 December 2000.
- US: legal public holidays, 5 U.S.C. 6103; on a Saturday the Friday before, on a Sunday the
  Monday after (Executive Order 11582).
- GB: bank holidays in England and Wales, Banking and Financial Dealings Act 1971, Schedule 1.
- HK: General Holidays Ordinance, Cap. 149; what falls on a Sunday or on another holiday moves.
- CN: State Council notices for 2025 and 2026 (days off and weekends worked for them). Its notice
  for a year comes in the November before; until a year's is entered here: the statutory days of
  the order of 10 November 2024, those on a weekend moved to the next working day.
Dates of the lunar calendar are those of the Hong Kong Observatory's conversion table. After the
last listed year the lunar holidays are not known here, the others are. Royal occasions, days of
mourning and storms are announced, not ruled: they are in no list.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ONE: Final = timedelta(days=1)
_SATURDAY: Final = 5
_SUNDAY: Final = 6
_MONDAY: Final = 0
_THURSDAY: Final = 3


class Calendar(StrEnum):
    """Whose closed days count."""

    NONE = ""
    TARGET = "TARGET"
    US = "US"
    GB = "GB"
    CN = "CN"
    HK = "HK"


class _Lunar(NamedTuple):
    """Days of one year that the moon or the sun sets."""

    new_year: date
    qingming: date
    buddha: date
    dragon_boat: date
    mid_autumn: date
    double_ninth: date


def _lunar(year: int, *days: tuple[int, int]) -> _Lunar:
    return _Lunar(*(date(year, month, day) for month, day in days))


_LUNAR: Final = {
    2025: _lunar(2025, (1, 29), (4, 4), (5, 5), (5, 31), (10, 6), (10, 29)),
    2026: _lunar(2026, (2, 17), (4, 5), (5, 24), (6, 19), (9, 25), (10, 18)),
    2027: _lunar(2027, (2, 6), (4, 5), (5, 13), (6, 9), (9, 15), (10, 8)),
    2028: _lunar(2028, (1, 26), (4, 4), (5, 2), (5, 28), (10, 3), (10, 26)),
    2029: _lunar(2029, (2, 13), (4, 4), (5, 20), (6, 16), (9, 22), (10, 16)),
    2030: _lunar(2030, (2, 3), (4, 5), (5, 9), (6, 5), (9, 12), (10, 5)),
    2031: _lunar(2031, (1, 23), (4, 5), (5, 28), (6, 24), (10, 1), (10, 24)),
    2032: _lunar(2032, (2, 11), (4, 4), (5, 16), (6, 12), (9, 19), (10, 12)),
}

LISTED_YEARS: Final = range(min(_LUNAR), max(_LUNAR) + 1)

# State Council, 12 November 2024 and 4 November 2025: first and last day off of each holiday.
_CN_NOTICES: Final = {
    2025: (
        *(((1, 1), (1, 1)), ((1, 28), (2, 4)), ((4, 4), (4, 6)), ((5, 1), (5, 5))),
        *(((5, 31), (6, 2)), ((10, 1), (10, 8))),
    ),
    2026: (
        *(((1, 1), (1, 3)), ((2, 15), (2, 23)), ((4, 4), (4, 6)), ((5, 1), (5, 5))),
        *(((6, 19), (6, 21)), ((9, 25), (9, 27)), ((10, 1), (10, 7))),
    ),
}
_CN_WORKED: Final = frozenset(
    date(year, month, day)
    for year, worked in (
        (2025, ((1, 26), (2, 8), (4, 27), (9, 28), (10, 11))),
        (2026, ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))),
    )
    for month, day in worked
)


def is_business_day(calendar: str, day: date) -> bool:
    """Whether banks under `calendar` are open on `day`; without a calendar every day is one.

    A calendar nobody knows: ValueError.
    """
    if not calendar:
        return True
    if calendar == Calendar.CN and day in _CN_WORKED:
        return True
    return day.weekday() < _SATURDAY and day not in holidays(calendar, day.year)


def next_business_day(calendar: str, day: date) -> date:
    """Return `day`, or the first day after it on which banks are open."""
    while not is_business_day(calendar, day):
        day += _ONE
    return day


@lru_cache(maxsize=512)
def holidays(calendar: str, year: int) -> frozenset[date]:
    """Return the closed days of `year` that are not closed for being a weekend."""
    found = _RULES[Calendar(calendar)]
    # A new year's day on a Saturday may close the last day of the year before.
    return frozenset(day for near in (year, year + 1) for day in found(near) if day.year == year)


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher's rule)."""
    century, rest = divmod(year, 100)
    leaps, over = divmod(century, 4)
    moon = (19 * (year % 19) + century - leaps - (8 * century + 13) // 25 + 15) % 30
    week = (32 + 2 * over + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * week) // 451
    month, day0 = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day0 + 1)


def _none(_year: int) -> Iterable[date]:
    return ()


def _target(year: int) -> Iterable[date]:
    sunday = easter(year)
    fixed = [date(year, *one) for one in ((1, 1), (5, 1), (12, 25), (12, 26))]
    return [*fixed, sunday - 2 * _ONE, sunday + _ONE]


def _us(year: int) -> Iterable[date]:
    moving = [
        _nth(year, 1, _MONDAY, 3),
        _nth(year, 2, _MONDAY, 3),
        _last_monday(year, 5),
        _nth(year, 9, _MONDAY, 1),
        _nth(year, 10, _MONDAY, 2),
        _nth(year, 11, _THURSDAY, 4),
    ]
    fixed = [date(year, *one) for one in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))]
    return [*moving, *(_us_observed(day) for day in fixed)]


def _us_observed(day: date) -> date:
    return day + {_SATURDAY: -_ONE, _SUNDAY: _ONE}.get(day.weekday(), timedelta())


def _gb(year: int) -> Iterable[date]:
    sunday = easter(year)
    fixed = [date(year, *one) for one in ((1, 1), (12, 25), (12, 26))]
    spring = [_nth(year, 5, _MONDAY, 1), _last_monday(year, 5), _last_monday(year, 8)]
    return [*_moved_on(fixed), *spring, sunday - 2 * _ONE, sunday + _ONE]


def _hk(year: int) -> Iterable[date]:
    sunday, moon = easter(year), _LUNAR.get(year)
    fixed = [date(year, *one) for one in ((1, 1), (5, 1), (7, 1), (10, 1), (12, 25), (12, 26))]
    days = [*fixed, sunday - 2 * _ONE, sunday - _ONE, sunday + _ONE]
    if moon is not None:
        days += [moon.new_year + n * _ONE for n in range(3)]
        days += [moon.qingming, moon.buddha, moon.dragon_boat]
        days += [moon.mid_autumn + _ONE, moon.double_ninth]
    return _moved_on(days, closed=(_SUNDAY,))


def _cn(year: int) -> Iterable[date]:
    if year in _CN_NOTICES:
        return [
            day
            for first, last in _CN_NOTICES[year]
            for day in _span(date(year, *first), date(year, *last))
        ]
    days = [date(year, *one) for one in ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))]
    if (moon := _LUNAR.get(year)) is not None:
        days += [moon.new_year + n * _ONE for n in range(-1, 3)]
        days += [moon.qingming, moon.dragon_boat, moon.mid_autumn]
    return _moved_on(sorted(set(days)))


_RULES: Final[dict[Calendar, Callable[[int], Iterable[date]]]] = {
    Calendar.NONE: _none,
    Calendar.TARGET: _target,
    Calendar.US: _us,
    Calendar.GB: _gb,
    Calendar.HK: _hk,
    Calendar.CN: _cn,
}


def _moved_on(days: Iterable[date], closed: tuple[int, ...] = (_SATURDAY, _SUNDAY)) -> list[date]:
    """Return `days`, with each that is closed anyway or comes twice moved to the next free one."""
    kept: list[date] = []
    late: list[date] = []
    for day in sorted(days):
        (late if day.weekday() in closed or day in kept else kept).append(day)
    for day in late:
        free = day
        while free.weekday() in closed or free in kept:
            free += _ONE
        kept.append(free)
    return kept


def _span(first: date, last: date) -> list[date]:
    return [first + n * _ONE for n in range((last - first).days + 1)]


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + ((weekday - first.weekday()) % 7 + 7 * (n - 1)) * _ONE


def _last_monday(year: int, month: int) -> date:
    last = date(year, month + 1, 1) - _ONE
    return last - last.weekday() * _ONE
