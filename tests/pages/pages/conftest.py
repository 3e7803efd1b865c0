"""A market with a bank beside it, and a small town in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from marketplace.kernel import clock
from marketplace.web import page_cache
from marketplace.web.limits import limiter
from tests.builders.campaigns import a_market
from tests.builders.escrow import World
from tests.builders.scenes import Scenes
from tests.builders.town import Town, a_town


@pytest.fixture(autouse=True)
def _nothing_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """No page of the test before is shown: the database is another one."""
    monkeypatch.setattr(page_cache, "_FRESH_SECONDS", 0.0)
    limiter.reset()


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with a_market(app, database_url) as world:
        yield world


@pytest.fixture
def town(world: World, hand: clock.Hand, scenes: Scenes) -> Town:
    return scenes.play("town", hand, lambda: a_town(world, hand))
