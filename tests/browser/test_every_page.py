"""Every way a page offers leads somewhere, for everybody; axe finds nothing, nothing overflows.

Somebody in each role follows every link. Of each kind of page they come to, one is then seen in a
real browser, small and light, and wide and dark; nobody sees a page that was not looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import axe_playwright_python
import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page
from werkzeug.serving import make_server

from marketplace.web import guards
from tests.builders.identity import signed_in
from tests.builders.town import Town
from tests.builders.walking import Walk
from tests.page_client import PageClient

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
AXE_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    # What only rules about sound read, and names of elements that are shown as HTML: together they
    # took a quarter of its time.
    **dict.fromkeys(("preload", "selectors", "elementRef"), False),
}
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((320, "light"), (1280, "dark"))


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The site of this very process, over real HTTP."""
    server = make_server("127.0.0.1", 0, app, threaded=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Judge:
    """Looks at one page after the other and notes what is wrong with each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self._note(f"script: {error}"))
        page.on("console", self._overhear)

    def _overhear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self._note(said.text)

    def _note(self, words: str) -> None:
        self.complaints.append(f"{self.page.url}: {words}")

    def judge(self, address: str) -> None:
        """Open a page; in each look it must fit the window and satisfy axe."""
        self.page.goto(address)
        self.page.evaluate(AXE)
        for width, scheme in LOOKS:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.set_viewport_size({"width": width, "height": 800})
            self._look(f"{width} px, {scheme}")

    def _look(self, look: str) -> None:
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            self._note(f"{look}: {wide} px wider than the window")
        found = self.page.evaluate("options => axe.run(document, options)", AXE_OPTIONS)
        for violation in found["violations"]:
            spots = [node["html"][:120] for node in violation["nodes"][:3]]
            self._note(f"{look}: {violation['id']}: {violation['help']} {spots}")


# What only this kind of person sees; the rest somebody else looks at.
OWN = ("/my/", "/pledges/", "/commitments/", "/projects/", "/loans/", "/borrow/")
SEES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("visitor", "sponsor"), ("/",)),
    **dict.fromkeys(("backer", "borrower", "lender"), OWN),
    "newcomer": ("/my/",),
    **dict.fromkeys(("moderator", "first_reviewer", "second_reviewer"), ("/staff/",)),
    **dict.fromkeys(("finance_officer", "admin"), ("/staff/", "/finance")),
}
# Whom pages are for that others come to as well: they show them, and a newcomer those of "/my/"
# with nothing in them. What is for nobody in particular everybody shows who comes to it.
FOR: dict[str, tuple[str, ...]] = {
    "backer": (
        *("/my/pledges", "/my/library", "/my/follows", "/my/searches", "/my/inbox"),
        *("/my/notifications", "/my/money", "/pledges/", "/projects/"),
    ),
    "borrower": ("/my/loans", "/my/money", "/borrow/"),
    "lender": (
        *("/my/notes", "/my/portfolio", "/my/statements", "/my/wallet", "/my/auto-invest"),
        *("/my/money", "/commitments/", "/loans/"),
    ),
    "sponsor": ("/my/campaigns",),
    "finance_officer": ("/staff/finance", "/staff/ledger"),
}


def left_to_others(role: str) -> tuple[str, ...]:
    """Return how the addresses begin that somebody else shows."""
    if role in {"visitor", "newcomer"}:
        return ()
    others = {prefix for prefixes in FOR.values() for prefix in prefixes}
    return tuple(others.difference(FOR.get(role, ())))


def kinds_of_pages(app: Flask, walk: Walk) -> list[str]:
    """Of each kind of page somebody came to, one address; of public ones only for a visitor."""
    return sorted(
        path
        for route, path in walk.kinds.items()
        if path.startswith(SEES[walk.name])
        and not path.startswith(left_to_others(walk.name))
        and (walk.name == "visitor" or guards.guard_of(app, route.split()[0]) != "public")
    )


@pytest.mark.parametrize("role", SEES)
def test_no_link_is_dead_and_every_page_is_sound_accessible_and_fits(
    app: Flask, town: Town, role: str, request: pytest.FixtureRequest
) -> None:
    visitor = PageClient(app)
    if role != "visitor":
        signed_in(visitor, town.people[role])
    walk = Walk(app, visitor, role)
    complaints = walk.run()
    assert complaints == [], "\n".join(complaints)
    assert walk.pages > 40

    # Only now, for the ways are walked also where there is no browser.
    chromium: Browser = request.getfixturevalue("chromium")
    paths = kinds_of_pages(app, walk)
    with served(app) as address, chromium.new_context(base_url=address) as context:
        cookie = visitor.client.get_cookie("kindling_session")
        if cookie is not None:
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        judge = Judge(context.new_page())
        for path in paths:
            judge.judge(f"{address}{path}")
    assert judge.complaints == [], "\n".join(judge.complaints)
    assert len(paths) > 1
