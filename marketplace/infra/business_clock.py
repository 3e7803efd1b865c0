"""The business clock: real time plus an offset kept in the database.

With the simulator the offset can be moved forward, so that a month is lived in a second. All
processes read the same row; each looks at most once a second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import psycopg

from marketplace.infra.commands import command
from marketplace.infra.database import execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal

_FRESH_SECONDS: Final = 1.0


class BusinessClock:
    """A clock source that follows the offset in the database at `url`."""

    def __init__(self, read_offset: Callable[[], int]) -> None:
        self._read_offset = read_offset
        self._offset = timedelta(0)
        self._read_at = float("-inf")

    def __call__(self) -> datetime:
        """Return real time plus the offset, which is at most a second old."""
        if clock.monotonic() - self._read_at > _FRESH_SECONDS:
            self._offset = timedelta(seconds=self._read_offset())
            self._read_at = clock.monotonic()
        return clock.wall() + self._offset

    def forget(self) -> None:
        """Read the offset again at the next look."""
        self._read_at = float("-inf")


def read_offset_from(url: str) -> Callable[[], int]:
    """Return a reader of the offset that opens its own short connection to `url`."""

    def read() -> int:
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                found = connection.execute("SELECT offset_seconds FROM business_clock").fetchone()
        except psycopg.Error:
            return 0  # before the first migration there is no clock to move
        return int(found[0]) if found else 0

    return read


def offset_seconds() -> int:
    """Return how far the business clock is ahead of real time."""
    return int(scalar("SELECT offset_seconds FROM business_clock") or 0)


@command
def advance(seconds: int) -> int:
    """Move the business clock forward and return the new offset; back is a `Refusal`."""
    if seconds <= 0:
        raise Refusal("clock_only_forward")
    execute("UPDATE business_clock SET offset_seconds = offset_seconds + %s", (seconds,))
    return offset_seconds()
