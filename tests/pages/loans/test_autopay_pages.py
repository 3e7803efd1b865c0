"""Autopay in a browser: on at the provider, the next charge in sight, off with one button."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from marketplace.escrow import queries as escrow
from marketplace.escrow.services import dispatching
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.loans.queries import autopay
from marketplace.settlement import runner
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.page_client import PageClient
from tests.pages.loans.conftest import Browse

BROKE = "4000000000000341"


def desk(loan_id: UUID, place: str = "") -> str:
    return f"/my/loans/{public_id('ln', loan_id)}{place}"


def switched_on(world: World, browser: PageClient, loan_id: UUID, card: str) -> None:
    asked = browser.get(desk(loan_id, "/autopay"))
    assert "Charged now nothing" in asked.text
    away = browser.send(asked, "/autopay")
    found = autopay.mandate(loan_id)
    assert found is not None
    assert away.location == escrow.instruction(found.setup_id).url
    db.session.rollback()
    world.save_card(found.setup_id, card)
    back = browser.follow(browser.get(desk(loan_id, "/autopay/return"), status=303))
    assert "Autopay is on. Your card is saved." in back.text


def test_it_is_switched_on_seen_and_switched_off(
    world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
) -> None:
    loan_id = build.a_running_loan(world, hand, cast)
    browser = browse(cast.borrower)
    assert "Pay bills from a saved card" in browser.get(desk(loan_id)).text
    switched_on(world, browser, loan_id, "4242424242424242")

    first = build.schedule(loan_id)[0]
    build.until_day(world, hand, first.due_on - timedelta(days=2))
    shown = browser.get(desk(loan_id)).text
    assert "Your saved card is charged on" in shown
    seen = browser.get(desk(loan_id, "/autopay"))
    assert "Autopay is on" in seen.text

    off = browser.follow(browser.send(seen, "/autopay/off"))
    assert "Autopay is off." in off.text
    build.pass_days(world, hand, 3)
    assert len(build.open_bills(loan_id)) == 1
    prove(world)


def test_a_decline_shows_its_reason_and_the_next_try(
    world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
) -> None:
    loan_id = build.a_running_loan(world, hand, cast)
    browser = browse(cast.borrower)
    switched_on(world, browser, loan_id, BROKE)
    build.until_day(world, hand, build.schedule(loan_id)[0].due_on - timedelta(days=1))
    hand.advance(days=1)
    runner.run(clock.now())
    dispatching.dispatch_due()
    world.deliver()

    shown = browser.get(desk(loan_id)).text

    assert "Your saved card was not charged." in shown
    assert "There was not enough money on the card." in shown
    assert "It is tried once more on" in shown


def test_nobody_elses_loan_shows_or_takes_a_card(
    world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
) -> None:
    loan_id = build.a_running_loan(world, hand, cast)
    eve = browse(an_actor("Eve"))

    for place in ("/autopay", "/autopay/return"):
        eve.get(desk(loan_id, place), status=404)


def test_a_loan_that_is_not_running_offers_none(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    del world
    loan_id = build.a_listed_loan(cast)

    shown = browse(cast.borrower).get(desk(loan_id, "/autopay"))

    assert "Autopay can be switched on while a loan is being repaid." in shown.text
