"""The market with its people, and each of them with a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from marketplace.kernel.actors import Actor
from marketplace.web import page_cache
from marketplace.web.limits import limiter
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import signed_in
from tests.page_client import PageClient

Browse = Callable[[Actor], PageClient]


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page of the test before is shown: the database is another one."""
    monkeypatch.setattr(page_cache, "_FRESH_SECONDS", 0.0)


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    limiter.reset()
    with build.a_market(app, database_url) as world:
        yield world


@pytest.fixture
def cast(world: World) -> build.Cast:
    """Borrower and reviewers."""
    return build.Cast()


@pytest.fixture
def browse(app: Flask) -> Browse:
    """A browser in which an actor is signed in."""

    def enter(actor: Actor) -> PageClient:
        return signed_in(PageClient(app), actor)

    return enter
