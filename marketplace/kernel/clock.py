"""The only place that asks what time it is.

Pure code takes `now` or `on`; edges call `now()` here. The source can be replaced: by the
business clock (real time plus an offset kept in the database, so that months can be lived in
minutes with the simulator), by the demo world, and by tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Protocol


class Source(Protocol):
    """Anything that can say what time it is, aware and in UTC."""

    def __call__(self) -> datetime:
        """Return the time."""


def wall() -> datetime:
    """Return the machine's time in UTC, whatever the business clock says."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds that only ever grow, for measuring how long something took."""
    return time.monotonic()


class Hand:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = _aware(at)

    def __call__(self) -> datetime:
        """Return where the hand stands."""
        return self.at

    def advance(self, **step: float) -> datetime:
        """Move forward by `timedelta(**step)` and return the new time."""
        self.at += timedelta(**step)
        return self.at

    def set(self, at: datetime) -> datetime:
        """Move to `at`."""
        self.at = _aware(at)
        return self.at


_source: Callable[[], datetime] = wall


def now() -> datetime:
    """Return the business time, aware and in UTC."""
    return _source()


def today() -> date:
    """Return the business day in UTC, the day on which bills fall due."""
    return now().date()


def install(source: Callable[[], datetime]) -> None:
    """Make `source` the clock of this process."""
    global _source  # noqa: PLW0603 - one clock a process is the point of this module
    _source = source


@contextmanager
def frozen(at: datetime) -> Iterator[Hand]:
    """Run the block with a `Hand` at `at`, then give the former clock back."""
    former, hand = _source, Hand(at)
    install(hand)
    try:
        yield hand
    finally:
        install(former)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("times carry their zone")
    return at.astimezone(UTC)
