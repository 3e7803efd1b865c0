"""Where a bar happens: a migrated database of its own, and the site with a bank beside it."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from marketplace.app import create_app
from marketplace.infra import postgres, settings
from marketplace.infra.database import db
from marketplace.kernel import clock, ids
from tests.builders.campaigns import a_market
from tests.builders.escrow import World, a_world
from tests.builders.simulator import KEY, SECRET, SITE
from tests.database import ROOT, clone

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """A database nobody else uses, a folder, and the environment of processes that work here."""

    url: str
    folder: Path

    def environ(self, bank_address: str = SITE) -> dict[str, str]:
        """Return the environment of a site whose bank is found at `bank_address`."""
        return {
            "DATABASE_URL": self.url,
            "DATA_DIR": str(self.folder),
            "SITE_URL": "http://localhost",
            "SIMULATOR_URL": bank_address,
            "SIMULATOR_KEY": KEY,
            "SIMULATOR_WEBHOOK_SECRET": SECRET,
        }


@dataclass(frozen=True, slots=True)
class Ground:
    """What every bar stands on: a database server, a folder, and the seed of all chance."""

    server_url: str
    folder: Path
    seed: int

    def dice(self, *names: object) -> random.Random:
        """Return a chance of its own for each purpose, the same for the same seed."""
        return random.Random("/".join(map(str, (self.seed, *names))))

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Give a fresh database and folder."""
        name = f"kindling_test_{os.getpid()}_chaos{next(_numbers)}"
        folder = self.folder / name
        folder.mkdir(parents=True)
        with clone(self.server_url, name) as url:
            yield Place(url, folder)


@contextmanager
def a_server() -> Iterator[str]:
    """Give the address of the tests' server: one that is named, or the embedded one."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    server = postgres.start(ROOT / ".test-data", test_mode=True)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def a_site(place: Place, bank_address: str = SITE) -> Iterator[Flask]:
    """Give the site on `place`, inside an application context."""
    app = create_app(settings.read(place.environ(bank_address)))
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.rollback()
            db.session.remove()
            db.engine.dispose()


@contextmanager
def a_still_world(
    place: Place, dice: random.Random, *, listens: bool = True
) -> Iterator[tuple[World, clock.Hand]]:
    """Give the site and its bank in this process, on a clock that stands until it is moved.

    Unless it `listens`, what escrow announces is only remembered, and nobody acts upon it. Ids
    come from `dice` too, so that the same seed lives through the same world.
    """
    former = ids.use_entropy(random.Random(dice.random()))
    try:
        with (
            a_site(place) as app,  # it brings a clock of its own
            clock.frozen(START) as hand,
            (a_market if listens else a_world)(app, place.url) as world,
        ):
            yield world, hand
    finally:
        ids.use_entropy(former)
