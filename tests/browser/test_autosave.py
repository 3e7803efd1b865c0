"""A draft that saves itself while it is typed: in one window, in two, and without a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from marketplace.kernel.actors import Actor
from tests.browser.test_every_page import served
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor, signed_in
from tests.page_client import PageClient
from tests.pages.campaigns.addresses import desk_path

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUIET_MS = 2_000
AGAIN_MS = 10_000
FIRST = "Clay, baked twice."
SECOND = "Clay, baked once."


@contextmanager
def windows(app: Flask, chromium: Browser, actor: Actor) -> Iterator[BrowserContext]:
    """A browser in which this person is signed in; its clocks are moved by hand."""
    cookie = signed_in(PageClient(app), actor).client.get_cookie("kindling_session")
    assert cookie is not None
    with served(app) as address, chromium.new_context(base_url=address) as context:
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        context.clock.install()
        yield context


def typed(page: Page, words: str) -> None:
    """Type, and rest for as long as it takes to be saved."""
    page.get_by_label("Story").fill(words)
    page.clock.fast_forward(QUIET_MS)


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(words)


def test_what_is_typed_saves_itself_and_is_never_lost_in_silence(
    app: Flask, world: World, chromium: Browser
) -> None:
    del world
    sponsor = an_actor("Sponsor Sol")
    path = desk_path(build.a_draft(sponsor), "/story")
    with windows(app, chromium, sponsor) as browser:
        one, other = browser.new_page(), browser.new_page()
        one.goto(path)
        other.goto(path)

        typed(one, FIRST)
        says(one, "Saved by itself at")
        one.reload()
        expect(one.get_by_label("Story")).to_contain_text(FIRST)

        typed(other, SECOND)
        says(other, "Saved somewhere else meanwhile.")
        other.get_by_role("button", name="Save", exact=True).click()
        expect(other.locator("#difference")).to_contain_text("twice.")
        expect(other.get_by_label("Story")).to_have_value(SECOND)

        browser.set_offline(True)
        typed(one, f"{FIRST} Or thrice.")
        says(one, "Not saved: there is no connection")
        browser.set_offline(False)
        one.clock.fast_forward(AGAIN_MS)
        says(one, "Saved by itself at")
        one.reload()
        expect(one.get_by_label("Story")).to_contain_text("Or thrice.")
