"""Jobs kept in the process that does them, for long runs that are begun anew after a crash."""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy.event import listen, remove
from sqlalchemy.orm import Session

from marketplace.infra.database import driver, standing_alone
from marketplace.kernel import clock


class Kept(NamedTuple):
    """A job that waits; those of higher priority first, then the older ones."""

    urgency: int
    number: int
    name: str
    text: str
    key: str | None
    due: float

    @property
    def arguments(self) -> dict[str, Any]:
        """What the function is called with, as it would come back from the table."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def delay_seconds(self) -> float:
        """How long it still has to wait."""
        return max(0.0, self.due - clock.monotonic())


class Hand:
    """Jobs that wait. What is kept in a transaction counts once that has committed."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._open: list[Kept] = []
        self._waiting: list[Kept] = []
        self._keys: set[str] = set()  # of both; to look through them all would be slow

    def keep(
        self,
        name: str,
        texts: Iterable[str],
        *,
        priority: int,
        key: str | None,
        delay_seconds: float | None,
    ) -> None:
        """Keep a job for each of `texts`, its arguments; none while one with its `key` waits."""
        if key is not None:
            if key in self._keys:
                return
            self._keys.add(key)
        due = clock.monotonic() + (delay_seconds or 0.0)
        made = [Kept(-priority, next(self._numbers), name, text, key, due) for text in texts]
        self._open += made
        if standing_alone():
            self._count()
        else:
            driver()  # a transaction nobody has begun does not tell that it was rolled back

    def take(self) -> Kept | None:
        """Return the next job that is due, and keep it no longer."""
        later: list[Kept] = []
        found = None
        while self._waiting and found is None:
            first = heapq.heappop(self._waiting)
            if first.delay_seconds:
                later.append(first)
            else:
                found = first
        for each in later:
            heapq.heappush(self._waiting, each)
        if found is not None and found.key is not None:
            self._keys.discard(found.key)
        return found

    def give_up(self) -> list[Kept]:
        """Return all that wait, in their order, and keep them no longer."""
        found, self._waiting = sorted(self._waiting), []
        self._keys.clear()
        return found

    def waiting(self) -> int:
        """Return how many wait to be done now."""
        return sum(not each.delay_seconds for each in self._waiting)

    def _committed(self, session: Session) -> None:
        if not session.in_nested_transaction():  # else what is around it decides
            self._count()

    def _count(self) -> None:
        for each in self._open:
            heapq.heappush(self._waiting, each)
        self._open.clear()

    def _forget(self, _session: Session) -> None:
        self._keys.difference_update(each.key for each in self._open if each.key is not None)
        self._open.clear()

    @contextmanager
    def following_transactions(self) -> Iterator[None]:
        """Listen to what becomes of transactions while the block runs."""
        turns = (("after_commit", self._committed), ("after_rollback", self._forget))
        for turn, act in turns:
            listen(Session, turn, act)
        try:
            yield
        finally:
            for turn, act in turns:
                remove(Session, turn, act)
