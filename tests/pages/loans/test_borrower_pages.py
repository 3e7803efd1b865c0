"""Borrowing in a browser: ask, check, send; the offer; the loan and its bills."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.page_client import PageClient
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening

ANSWERS: dict[str, Any] = {
    "currency": "EUR",
    "amount": "1000",
    "instalments": "12",
    "purpose": "equipment",
    "title": "A kiln for the pottery",
    "story": "The old one cracked.\n\nOrders wait.",
    "employment": "employed",
    "employed_years": "6",
    "housing": "rent",
    "income": "2400",
    "obligations": "800",
}
SAVE, CHECK = ("act", "save"), ("act", "check")


def desk(loan_id: UUID) -> str:
    return f"/my/loans/{public_id('ln', loan_id)}"


class TestAsking:
    def test_goes_from_a_draft_over_the_check_page_to_the_reviewers(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)

        saved = browser.send(browser.get("/borrow/apply"), "/apply", press=SAVE, amount="1000")
        draft = browser.follow(saved)
        assert "The draft is saved." in draft.text
        assert draft.form("/apply").fields["amount"] == "1000.00"
        check = browser.follow(browser.send(draft, "/apply", press=CHECK, **ANSWERS))
        text = check.text
        assert "A, at 4.90 %" in text  # what it would cost with the best grade
        assert "Send the request for EUR 1,000.00" in text
        mine = browser.follow(browser.send(check, "/check"))

        assert "Your request is with the first reviewer." in mine.text
        assert "In first review" in mine.text
        assert "Second review by another person" in mine.text

    def test_names_everything_that_is_missing_and_keeps_what_was_typed(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)

        page = browser.send(
            browser.get("/borrow/apply"),
            "/apply",
            status=422,
            press=CHECK,
            **ANSWERS | {"amount": "499.99", "instalments": "61", "purpose": "", "story": " "},
        )

        assert page.errors == [
            "Ask for an amount from EUR 500.00 to EUR 50,000.00.",
            "Choose a term from 3 to 60 months.",
            "Choose what the loan is for.",
            "Describe what you will do with the money.",
        ]
        assert page.form("/apply").fields["amount"] == "499.99"
        assert page.form("/apply").fields["title"] == ANSWERS["title"]

    @pytest.mark.parametrize(
        ("field", "typed"),
        [
            ("amount", "-1"),
            ("amount", "0.001"),
            ("amount", "1e309"),
            ("amount", "NaN"),
            ("amount", "１００"),
            ("amount", "9223372036854775808"),
            ("income", "-5"),
            ("obligations", "NaN"),
            ("instalments", "１２"),
            ("instalments", "12.5"),
            ("instalments", "-3"),
            ("employed_years", "99999"),
            ("title", "t" * 81),
            ("story", "s" * 2001),
        ],
    )
    def test_nonsense_is_refused_even_in_a_draft_and_kept(
        self, world: World, cast: build.Cast, browse: Browse, field: str, typed: str
    ) -> None:
        browser = browse(cast.borrower)

        page = browser.send(
            browser.get("/borrow/apply"),
            "/apply",
            status=422,
            press=SAVE,
            **ANSWERS | {field: typed},
        )

        assert len(page.errors) == 1
        assert page.form("/apply").fields[field] == typed

    def test_a_currency_that_is_not_offered_is_refused(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)
        page = browser.get("/borrow/apply")

        refused = browser.send(
            page, "/apply", status=422, press=SAVE, **ANSWERS | {"currency": "XAU"}
        )

        assert len(refused.errors) == 1

    def test_the_same_form_twice_makes_one_draft(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)
        page = browser.get("/borrow/apply")

        first = browser.send(page, "/apply", press=SAVE, **ANSWERS)
        second = browser.send(page, "/apply", press=SAVE, **ANSWERS)

        assert first.location == second.location
        assert browser.get("/my/loans").text.count("A kiln for the pottery") == 1

    def test_a_second_request_waits_for_the_first(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        build.a_submitted(cast.borrower)
        second = build.a_draft(cast.borrower, build.a_request(title="Another"))
        browser = browse(cast.borrower)
        check = browser.get(f"/borrow/apply/{public_id('ln', second)}/check")

        page = browser.send(check, "/check", status=422)

        assert page.errors[0].startswith("You have another request under way.")

    def test_a_request_can_be_taken_back_and_costs_nothing(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        browser = browse(cast.borrower)

        page = browser.follow(browser.send(browser.get(desk(loan_id)), "/withdraw"))

        assert "The request is withdrawn. It cost you nothing." in page.text
        assert "Withdrawn" in page.text

    def test_what_was_sent_can_no_longer_be_changed(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_draft(cast.borrower)
        browser = browse(cast.borrower)
        path = f"/borrow/apply/{public_id('ln', loan_id)}"
        stale = browser.get(path)
        browser.send(browser.get(f"{path}/check"), "/check")

        page = browser.send(stale, "/apply", status=422, press=SAVE, amount="2000")

        assert page.errors[0].startswith("This is no longer possible")
        assert build.loan(loan_id).amount_minor == 100_000
        assert "This request was sent" in browser.get(f"{path}/check").text


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

    def test_the_desk_says_what_paying_everything_would_cost_and_save_on_any_day(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_running_loan(world, hand, cast)

        browser, first = browse(cast.borrower), build.schedule(loan_id)[0]

        today = browser.get(desk(loan_id)).text
        later = browser.get(f"{desk(loan_id)}?on={first.due_on}").text
        nonsense = browser.get(f"{desk(loan_id)}?on=soon").text

        for text in (today, nonsense):
            assert "Interest you would not pay EUR 49.43" in text  # all of it, on the first day
        assert "Interest to that day EUR 7.50" in later  # a month of 9 % on 1,000.00
        assert "EUR 1,007.50" in later
        assert "Nothing to pay today" in today

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


@pytest.mark.parametrize("where", ["apply", "draft", "check", "loans", "offer", "loan", "bill"])
def test_no_page_of_a_borrower_asks_more_than_a_dozen_questions(
    world: World, hand: clock.Hand, cast: build.Cast, browse: Browse, where: str
) -> None:
    loan_id = build.a_running_loan(world, hand, cast)
    build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
    (bill,) = build.open_bills(loan_id)
    draft = public_id("ln", build.a_draft(cast.borrower))
    paths = {
        "apply": "/borrow/apply",
        "draft": f"/borrow/apply/{draft}",
        "check": f"/borrow/apply/{draft}/check",
        "loans": "/my/loans",
        "offer": desk(build.an_offered(cast)),
        "loan": desk(loan_id),
        "bill": f"{desk(loan_id)}/bills/{bill.ref}",
    }
    browser: PageClient = browse(cast.borrower)

    with listening() as heard:
        browser.get(paths[where])

    assert len(heard) <= PAGE_MAX, heard
