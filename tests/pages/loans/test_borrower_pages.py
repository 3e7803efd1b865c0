"""Borrowing in a browser: ask, check, send; the offer; the loan and its bills."""

from __future__ import annotations

from uuid import UUID

import pytest

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.scenes import Scenes
from tests.page_client import PageClient
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening


def desk(loan_id: UUID) -> str:
    return f"/my/loans/{public_id('ln', loan_id)}"


def test_a_request_can_be_taken_back_and_costs_nothing(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    loan_id = build.a_submitted(cast.borrower)
    browser = browse(cast.borrower)

    page = browser.follow(browser.send(browser.get(desk(loan_id)), "/withdraw"))

    assert "The request is withdrawn. It cost you nothing." in page.text
    assert "Withdrawn" in page.text


def test_an_accepted_loan_can_be_called_off(world: World, cast: build.Cast, browse: Browse) -> None:
    loan_id = build.a_listed_loan(cast)
    browser = browse(cast.borrower)

    page = browser.follow(browser.send(browser.get(desk(loan_id)), "/call-off"))

    assert "You called this loan off" in page.text
    assert "Every lender gets the money back" in page.text
    assert "/call-off" not in page.markup


class TestTheOffer:
    def test_shows_the_whole_cost_and_is_accepted(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.an_offered(cast)
        browser = browse(cast.borrower)

        offer = browser.get(desk(loan_id))
        text = offer.text
        for words in ("9.00 %", "EUR 87.45", "EUR 980.00", "EUR 1,049.43", "12.83 %"):
            assert words in text
        listed = browser.follow(browser.send(offer, "/accept"))

        assert "Your loan is listed. Lenders can invest now." in listed.text
        assert "0 lenders so far." in listed.text
        assert build.loan(loan_id).state == "listed"

    def test_is_declined_without_cost(self, world: World, cast: build.Cast, browse: Browse) -> None:
        loan_id = build.an_offered(cast)
        browser = browse(cast.borrower)

        browser.send(browser.get(desk(loan_id)), "/withdraw")

        assert build.loan(loan_id).state == "withdrawn"

    def test_is_refused_after_its_time(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.an_offered(cast)
        browser = browse(cast.borrower)
        hand.advance(days=15)

        page = browser.send(browser.get(desk(loan_id)), "/accept", status=422)

        assert page.errors == ["The offer has lapsed. You can ask again with a new request."]

    def test_a_declined_request_says_why_and_what_would_help(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.declined(loan_id, cast.first, "income_too_low")

        page = browse(cast.borrower).get(desk(loan_id))

        assert "The income does not carry the instalment" in page.text
        assert "A smaller amount or a longer term makes the instalment smaller." in page.text


class TestBills:
    def test_the_next_bill_is_large_and_paid_at_the_provider(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_running_loan(world, hand, cast)
        build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
        browser = browse(cast.borrower)

        mine = browser.get(desk(loan_id))
        assert "Next bill EUR 87.45" in mine.text
        (bill,) = build.open_bills(loan_id)
        due = browser.get(mine.links["Pay EUR 87.45"])
        assert due.h1 == "Pay instalment 1"
        away = browser.send(due, "/bills/")
        assert away.location.startswith("http")
        paid = build.open_bills(loan_id)[0].instruction_id
        assert paid is not None
        world.pay(paid)
        back = browser.get(f"{desk(loan_id)}/bills/{bill.ref}/return", status=303)
        receipt = browser.follow(back)

        assert receipt.h1 == "Instalment 1 is paid"
        assert "You owe nothing until the next bill." in receipt.text
        world.work()
        assert "EUR 920.05" in browser.get(desk(loan_id)).text  # principal still owed

    def test_a_bill_that_is_paid_is_not_paid_again(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_running_loan(world, hand, cast)
        build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
        browser = browse(cast.borrower)
        (bill,) = build.open_bills(loan_id)
        due = browser.get(f"{desk(loan_id)}/bills/{bill.ref}")
        build.pay_next_bill(world, cast, loan_id)

        page = browser.send(due, "/bills/", status=422)

        assert page.errors == ["This bill is paid already. You have not been charged again."]

    def test_the_older_of_two_open_bills_comes_first(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_running_loan(world, hand, cast)
        build.until_day(world, hand, build.schedule(loan_id)[1].due_on)
        older, newer = build.open_bills(loan_id)
        browser = browse(cast.borrower)

        mine = browser.get(desk(loan_id))
        assert "days late" in mine.text
        assert "1 more bill is open after this one." in mine.text
        page = browser.send(
            browser.get(f"{desk(loan_id)}/bills/{newer.ref}"), "/bills/", status=422
        )

        assert page.errors == ["An older bill is open. Pay that one first."]
        assert older.n < newer.n

    def test_the_list_of_loans_marks_what_is_late(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_running_loan(world, hand, cast)
        browser = browse(cast.borrower)
        assert "Running" in browser.get("/my/loans").text
        build.until_day(world, hand, build.schedule(loan_id)[1].due_on)

        page = browser.get("/my/loans")

        assert page.links["A kiln for the pottery"] == desk(loan_id)
        assert "Late" in page.text


def test_the_list_says_so_while_there_is_no_loan(world: World, browse: Browse) -> None:
    page = browse(an_actor()).get("/my/loans")

    assert "No loan yet" in page.text
    assert page.links["See what a loan costs"] == "/borrow"


def test_a_funded_loan_without_a_payout_account_says_what_to_do(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    loan_id = build.a_listed_loan(cast)
    build.lent(world, loan_id, "1000")

    page = browse(cast.borrower).get(desk(loan_id))

    assert page.links["Set up the payout account"] == "/account/payouts"


@pytest.mark.parametrize("where", ["loans", "offer", "loan", "bill"])
def test_no_page_of_a_borrower_asks_more_than_a_dozen_questions(
    world: World, hand: clock.Hand, scenes: Scenes, browse: Browse, where: str
) -> None:
    cast, loan_id, offered = scenes.play("billed", hand, lambda: _billed(world, hand))
    (bill,) = build.open_bills(loan_id)
    paths = {
        "loans": "/my/loans",
        "offer": desk(offered),
        "loan": desk(loan_id),
        "bill": f"{desk(loan_id)}/bills/{bill.ref}",
    }
    browser: PageClient = browse(cast.borrower)

    with listening() as heard:
        browser.get(paths[where])

    assert len(heard) <= PAGE_MAX, heard


def _billed(world: World, hand: clock.Hand) -> tuple[build.Cast, UUID, UUID]:
    """A borrower with a loan whose first bill is due, and with another one on offer."""
    cast = build.Cast()
    loan_id = build.a_running_loan(world, hand, cast)
    build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
    return cast, loan_id, build.an_offered(cast)
