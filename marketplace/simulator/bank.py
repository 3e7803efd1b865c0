"""The bank as one object: its store, its addresses, its secrets, and what it does by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from marketplace.simulator import chores
from marketplace.simulator.faults import Faults, GoodDay
from marketplace.simulator.store import Store, Work

NAME: Final = "Harbour Escrow (simulator)"


@dataclass(frozen=True)
class Bank:
    """One bank. `site` is where its pages are found; `webhook_secret` signs what it sends."""

    store: Store
    site: str
    api_key: str
    webhook_secret: str
    faults: Faults = field(default_factory=GoodDay)

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Run the block in one transaction of the bank."""
        with self.store.work() as work:
            yield work

    def tick(self) -> bool:
        """Do what time has made due; False if no notice can be waiting after that."""
        with self.store.glance() as work:
            due = chores.due(work)
        if due - {chores.NOTICES}:
            with self.store.work() as work:
                chores.do(work, self.site, due)
        return bool(due)

    def move_clock(self, offset: timedelta) -> None:
        """Set how far the bank's clock is ahead of the one it lives on, and do what is due then."""
        self.store.set_offset(offset)
        self.tick()

    @property
    def offset(self) -> timedelta:
        """How far the bank's clock is ahead of the one it lives on."""
        return self.store.offset
