"""A real browser, and the whole site as `make run` starts it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from marketplace.kernel import clock
from marketplace.web import page_cache
from marketplace.web.limits import limiter
from tests.browser.people import Visitor
from tests.builders.campaigns import a_market
from tests.builders.escrow import World
from tests.builders.operating import Terminal, a_terminal
from tests.builders.scenes import Scenes
from tests.builders.town import Town, a_town
from tests.database import PREFIX, clone
from tests.unit.infra.site_process import Site

_CALM = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; without one these tests are skipped, or fail where they must run."""
    found = (
        shutil.which(name)
        for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    )
    path = next(filter(None, found), None)
    if path is None:
        if os.environ.get("KINDLING_REQUIRE_BROWSER"):
            pytest.fail("no Chromium on this machine: apt-get install chromium-headless-shell")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_CALM))
        yield browser
        browser.close()


class House:
    """A running site and its operators."""

    def __init__(self, data_dir: Path, site: Site, terminal: Terminal) -> None:
        self.data_dir = data_dir
        self.site = site
        self._terminal = terminal

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.site.port}"

    @property
    def mails(self) -> Path:
        return self.data_dir / "mail"

    def operator(self, *words: str, typed: str = "") -> str:
        """Run an operator's command; it must succeed."""
        return self._terminal.run(words, typed)


# Lenders here have the time to think it over that products give them by default.
AS_SOLD = "UPDATE loan_product SET reflection_days = DEFAULT"


@pytest.fixture
def house(tmp_path: Path, server_url: str) -> Iterator[House]:
    """The site without a demo world, on the tests' server, stopped at the end."""
    data_dir = tmp_path / "data"
    with clone(server_url, f"{PREFIX}{os.getpid()}_house") as url:
        with psycopg.connect(url) as connection:
            connection.execute(AS_SOLD)
        site = Site(data_dir, {"DATABASE_URL": url})
        site.wait_until_ready()
        environ = {"DATA_DIR": str(data_dir), "DATABASE_URL": url, "PORT": str(site.port)}
        with a_terminal(environ) as terminal:
            yield House(data_dir, site, terminal)
        assert site.stop() == 0


@pytest.fixture
def visit(chromium: Browser, house: House) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors; none of their pages may have complained."""
    visitors: list[Visitor] = []

    def make(*, script: bool = True) -> Visitor:
        visitors.append(Visitor(chromium, house.address, script=script))
        return visitors[-1]

    yield make
    complaints = [text for visitor in visitors for text in visitor.complaints]
    for visitor in visitors:
        visitor.context.close()
    assert complaints == []


@pytest.fixture
def world(app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The site of this process with a bank beside it; no page of another test is shown."""
    monkeypatch.setattr(page_cache, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(limiter, "enabled", False)
    with a_market(app, database_url) as world:
        yield world


@pytest.fixture
def town(world: World, hand: clock.Hand, scenes: Scenes) -> Town:
    """Somebody in every role, and something in every state they can look at."""
    return scenes.play("town", hand, lambda: a_town(world, hand))
