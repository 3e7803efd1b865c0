"""Deadlines as their sponsors mean them: a time on the wall of a place. Pure.

On the days on which clocks are put forward or back a time on the wall may never come, or come
twice. Nobody guesses which was meant.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from marketplace.kernel.errors import Refusal

UTC_ZONE: Final = "UTC"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    return name in _zones()


def readings(wall: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return the two instants a time on the wall may mean, in UTC, the earlier first.

    On nearly every day they are the same. Of a time that never comes the first is as the clocks
    go afterwards, the second as they went before.
    """
    place = ZoneInfo(zone)
    found = [wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(found), max(found)


def refusals(wall: datetime, zone: str) -> list[Refusal]:
    """Return what keeps a time on the wall from being one instant, with both readings."""
    if not is_zone(zone):
        return [Refusal("time_zone_unknown", "zone")]
    first, second = readings(wall, zone)
    if first == second:
        return []
    comes = first.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
    code = "deadline_exists_twice" if comes else "deadline_does_not_exist"
    facts = {"zone": zone, "wall": _clock(wall), "first": _named(first, zone)}
    return [Refusal(code, "deadline", second=_named(second, zone), **facts)]


def days_later(deadline: datetime, days: int, zone: str) -> datetime:
    """Return the same time on the wall so many days later; where it never comes, just after."""
    place = ZoneInfo(zone)
    wall = deadline.astimezone(place).replace(tzinfo=None) + timedelta(days=days)
    return wall.replace(tzinfo=place).astimezone(UTC)


def on_the_wall(instant: datetime, zone: str) -> datetime:
    """Return what the clocks of a zone show at an instant."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _named(instant: datetime, zone: str) -> str:
    """Return an instant as the clocks there show it, with what their time is called then."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{_clock(local)} {local.tzname()} ({_clock(instant)} UTC)"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M}"
