"""Two reviewers and a borrower at real browsers: from a report that waits to a counter-offer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.risk import gateway
from marketplace.risk.adapters.simulated import SimulatedGateway
from tests.browser.test_every_page import Judge, served
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import signed_in
from tests.page_client import PageClient

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def down() -> Iterator[list[str]]:
    """Empty it, and the sources of risk reports answer again."""
    before, fault = gateway.current(), ["down"]
    gateway.install(SimulatedGateway(lambda: fault[0] if fault else ""))
    yield fault
    gateway.install(before)


@contextmanager
def at_the_desk(app: Flask, chromium: Browser, address: str, actor: Actor) -> Iterator[Page]:
    """A browser without script in which this person is signed in."""
    cookie = signed_in(PageClient(app), actor).client.get_cookie("kindling_session")
    assert cookie is not None
    with chromium.new_context(base_url=address, java_script_enabled=False) as context:
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        yield context.new_page()


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label).first.click()
    page.wait_for_load_state("load")


def test_a_case_from_a_waiting_report_to_an_accepted_counter_offer(
    app: Flask, world: World, hand: clock.Hand, chromium: Browser, down: list[str]
) -> None:
    cast = build.Cast()
    loan_id = build.a_submitted(cast.borrower)
    build.reported()
    with (
        served(app) as address,
        at_the_desk(app, chromium, address, cast.first) as first,
        at_the_desk(app, chromium, address, cast.second) as second,
        at_the_desk(app, chromium, address, cast.borrower) as borrower,
    ):
        first.goto("/staff/reviews")
        first.get_by_role("link", name="A kiln for the pottery").click()
        expect(first.locator("main")).to_contain_text("Waiting for risk report")
        expect(first.get_by_role("button", name="Pass to the second review")).to_be_disabled()

        down.clear()
        hand.advance(minutes=5)
        build.reported()
        first.reload()
        press(first, "Take the case")
        expect(first.locator("main")).to_contain_text("Grade by score")
        for box in first.locator("form input[type=checkbox]").all():
            box.check()
        first.get_by_label("Notes for the second reviewer").fill("Payslips fit.")
        press(first, "Pass to the second review")

        second.goto("/staff/reviews")
        second.get_by_role("link", name="A kiln for the pottery").click()
        expect(second.locator("main")).to_contain_text("Payslips fit.")
        second.get_by_label("Amount offered").fill("800")
        second.get_by_label("Why it is not what was asked for").select_option("burden")
        second.locator("form input[type=checkbox]").first.check()
        press(second, "Make the offer")

        borrower.goto(f"/my/loans/{public_id('ln', loan_id)}")
        expect(borrower.locator("main")).to_contain_text("The offer is not what you asked for")
        press(borrower, "Accept: EUR 800.00")

    found = build.loan(loan_id)
    assert (found.state, found.amount_minor) == ("listed", 80_000)


def test_the_pages_of_reviews_are_accessible_and_fit(
    app: Flask, world: World, chromium: Browser
) -> None:
    cast = build.Cast()
    loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)
    cookie = signed_in(PageClient(app), cast.second).client.get_cookie("kindling_session")
    assert cookie is not None
    with served(app) as address, chromium.new_context(base_url=address) as context:
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        judge = Judge(context.new_page())
        for path in ("/staff/reviews/second", f"/staff/reviews/second/{public_id('ln', loan_id)}"):
            judge.judge(f"{address}{path}")
    assert judge.complaints == [], "\n".join(judge.complaints)
