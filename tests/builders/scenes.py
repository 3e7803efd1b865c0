"""What takes long to build is built once for each worker; each further test finds its rows again.

A scene is everything the database holds, the time of the clock, and what its builder told.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import psycopg

from marketplace.infra.database import column, db
from marketplace.kernel import clock

T = TypeVar("T")


@dataclass
class Scenes:
    """The scenes that were built in the database at `url`."""

    url: str
    _kept: dict[str, tuple[datetime, Any]] = field(default_factory=dict)

    def play(self, name: str, hand: clock.Hand, build: Callable[[], T]) -> T:
        """Build a scene, or put it back: before anybody else comes, who would be gone then."""
        assert not column("SELECT id FROM person LIMIT 1"), f"ask for {name} before other people"
        if name not in self._kept:
            told = build()
            self._ask("keep", name)
            self._kept[name] = hand(), told
        else:
            self._ask("recall", name)
        at, told = self._kept[name]
        hand.set(at)
        return deepcopy(told)

    def _ask(self, what: str, name: str) -> None:
        db.session.rollback()
        db.session.expunge_all()
        with psycopg.connect(self.url) as connection:
            connection.execute("SET LOCAL lock_timeout = '10s'")
            connection.execute(f"SELECT test.{what}(%s)".encode(), [name])
