"""A kept page tells of a pledge within two seconds, and is never anybody's own page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders.campaigns import a_live_campaign, a_market, euros, pledged
from tests.builders.escrow import World
from tests.builders.identity import a_person, signed_in
from tests.page_client import PageClient


class Watch:
    """A stop watch in place of the machine's."""

    def __init__(self) -> None:
        self.at = clock.monotonic()

    def __call__(self) -> float:
        """Tell the seconds."""
        return self.at


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with a_market(app, database_url) as market:
        yield market


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    held = Watch()
    monkeypatch.setattr(clock, "monotonic", held)
    return held


class TestKeptPages:
    def test_a_pledge_shows_on_list_and_page_within_two_seconds(
        self, world: World, visitor: PageClient, watch: Watch
    ) -> None:
        campaign = a_live_campaign(goal=euros("1000"))
        paths = ("/projects", f"/projects/{public_id('cmp', campaign)}")
        before = [visitor.get(path).text for path in paths]
        pledged(world, campaign, "250")

        kept = [visitor.get(path).text for path in paths]
        watch.at += 2.0
        fresh = [visitor.get(path).text for path in paths]

        assert kept == before
        assert not any("250" in text for text in before)
        assert all("250" in text for text in fresh)

    def test_a_signed_in_person_sees_an_own_page_that_no_visitor_gets(
        self, app: Flask, visitor: PageClient, watch: Watch
    ) -> None:
        watch.at += 10.0
        person = signed_in(PageClient(app), a_person("Ada Lovelace"))
        own = person.get("/projects")
        seen = visitor.get("/projects")
        again = person.get("/projects")

        assert "Ada Lovelace" in own.text
        assert "Ada Lovelace" not in seen.text
        assert "Ada Lovelace" in again.text
        assert own.response.headers["Cache-Control"] == "no-store"
