"""What a borrower pays with: in part, from the wallet, early; receipts and the statement."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.loans.replay.events import Intent
from marketplace.settlement import billing
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.ledger import WORLD, opened, posted
from tests.builders.served import Rules, Served, a_served_loan, broken, cents, go_to, in_wallet
from tests.builders.tables import download
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening


@pytest.fixture
def served(world: World, hand: clock.Hand) -> Served:
    """10,000.00 at 12 % over 12 months, whose first bill is due today."""
    found = a_served_loan(hand, rules=Rules(prepayment_fee_bps=50, late_fee_minor=500))
    go_to(hand, found.position().rows[0].due)
    billing.issue_due_bills(clock.now())
    return found


def desk(served: Served) -> str:
    return f"/my/loans/{public_id('ln', served.id)}"


def bill_of(served: Served) -> str:
    (bill,) = build.open_bills(served.id)
    return f"{desk(served)}/bills/{bill.ref}"


def fill_wallet(served: Served, amount: str) -> None:
    wallet = opened("person:wallet", owner=served.borrower.known())
    posted(f"test.wallet:{served.id}", (opened(WORLD), wallet, cents(amount)))


class TestPaying:
    def test_a_part_from_the_wallet_is_a_receipt_at_once(
        self, served: Served, browse: Browse
    ) -> None:
        fill_wallet(served, "500.00")
        browser = browse(served.borrower)
        page = browser.get(bill_of(served))
        assert "All that is due EUR 888.49" in page.text
        receipt = browser.follow(browser.send(page, "/bills/", amount="300.00", source="wallet"))
        assert receipt.h1.startswith("Receipt ")
        assert "Interest EUR 100.00" in receipt.text
        assert "Principal EUR 200.00" in receipt.text
        assert in_wallet(served.borrower) == 20_000
        rest = browser.get(bill_of(served))
        assert "All that is due EUR 588.49" in rest.text
        served.share()
        assert broken() == []

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"amount": "600", "source": "wallet"}, "There is not that much in your wallet."),
            ({"amount": "0"}, "more than"),
            ({"amount": "90000"}, "That is more than is left to pay"),
        ],
    )
    def test_an_amount_that_cannot_be_is_refused_beside_its_field(
        self, served: Served, browse: Browse, typed: dict[str, Any], said: str
    ) -> None:
        browser = browse(served.borrower)
        page = browser.send(browser.get(bill_of(served)), "/bills/", status=422, **typed)
        assert any(said in error for error in page.errors)

    def test_other_peoples_loans_bills_and_receipts_are_not_found(
        self, served: Served, browse: Browse
    ) -> None:
        made = served.pay("10.00")
        stranger = browse(an_actor("Sam Stranger"))
        receipt = f"{desk(served)}/receipts/{public_id('rcp', made.id)}"
        pages = (bill_of(served), f"{desk(served)}/prepay", f"{desk(served)}/statement")
        for path in (*pages, receipt):
            stranger.get(path, status=404)


class TestEarly:
    def test_everything_is_quoted_line_by_line_and_paid_from_the_wallet(
        self, served: Served, browse: Browse
    ) -> None:
        served.pay("888.49")
        fill_wallet(served, "9400.00")
        browser = browse(served.borrower)
        choose = browser.get(f"{desk(served)}/prepay")
        assert choose.h1 == "Pay early"
        quote = browser.get(f"{desk(served)}/prepay?intent=payoff")
        assert "Principal paid early EUR 9,211.51" in quote.text
        assert "Fee for paying early EUR 46.06" in quote.text
        assert "Then nothing is left to pay, and the loan is closed." in quote.text
        receipt = browser.follow(browser.send(quote, "/prepay", source="wallet"))
        assert receipt.h1.startswith("Receipt ")
        served.share()
        assert served.loan().state == "paid_off"
        assert broken() == []

    def test_a_part_shows_the_new_schedule_before_it_is_paid(
        self, served: Served, browse: Browse
    ) -> None:
        served.pay("888.49")
        browser = browse(served.borrower)
        on = clock.today() + timedelta(days=7)
        page = browser.get(f"{desk(served)}/prepay?intent=shorter_term&amount=3000&on={on}")
        assert "sooner" in page.text
        assert "Interest you will not pay" in page.text
        assert "nothing" in page.text

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("intent=shorter_term", "Enter more than nothing."),
            ("intent=lower_instalment&amount=100", "Paying early begins beyond what is due"),
            ("intent=payoff&on=2001-01-01", "Choose a day from today"),
        ],
    )
    def test_what_repays_nothing_early_is_refused(
        self, served: Served, browse: Browse, asked: str, said: str
    ) -> None:
        page = browse(served.borrower).get(f"{desk(served)}/prepay?{asked}", status=422)
        assert any(said in error for error in page.errors)


class TestTheLoansPage:
    def test_late_it_says_what_brings_it_back_on_time(
        self, served: Served, hand: clock.Hand, browse: Browse
    ) -> None:
        hand.advance(days=10)
        page = browse(served.borrower).get(desk(served))
        assert "The loan is 10 days late" in page.text
        assert "EUR 893.49 brings it back on time today" in page.text
        parts = "Instalment 1: EUR 788.49 principal, EUR 100.00 interest; EUR 5.00 for being late"
        assert parts in page.text

    def test_what_is_asked_for_is_told_in_parts_that_add_up(
        self, served: Served, hand: clock.Hand, browse: Browse
    ) -> None:
        served.pay("300.00")
        reader = browse(served.borrower)
        one = "Instalment 1: EUR 788.49 principal, EUR 100.00 interest"
        assert f"{one}; EUR 300.00 of it is paid" in reader.get(desk(served)).text

        go_to(hand, served.position().rows[1].due)
        billing.issue_due_bills(clock.now())
        page = reader.get(desk(served))

        rest = "EUR 888.49 of other instalments; EUR 5.00 for being late"
        assert f"{one}; EUR 300.00 of it is paid; {rest}" in page.text
        assert "Pay EUR 1,481.98" in page.text
        oldest = next(bill for bill in build.open_bills(served.id) if bill.n == 1)
        quote = reader.get(f"{desk(served)}/bills/{oldest.ref}")
        for line in (
            *("Principal EUR 788.49", "Interest EUR 100.00", "Paid so far EUR -300.00"),
            *("Other instalments EUR 888.49", "EUR 5.00", "All that is due EUR 1,481.98"),
        ):
            assert line in quote.plain, line

    def test_receipts_versions_and_the_statement_are_there(
        self, served: Served, browse: Browse
    ) -> None:
        first = served.pay("888.49")
        served.pay("2000.00", intent=Intent.LOWER_INSTALMENT)
        browser = browse(served.borrower)
        with listening() as heard:
            page = browser.get(desk(served))
        assert len(heard) <= PAGE_MAX, heard
        assert "The schedule before, number 1" in page.text
        lines = download(browser, f"{desk(served)}/statement?format=csv")
        assert len(lines) == 3
        assert lines[1][3] == str(first.amount.decimal())
        paper = browser.client.get(f"{desk(served)}/statement")
        assert paper.data.startswith(b"%PDF")


def test_what_a_card_paid_is_marked_as_not_final_for_its_lenders(
    world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
) -> None:
    lender = an_actor("Lena Lender")
    loan_id = build.a_running_loan(world, hand, cast, parts=[(lender, "1000")])
    build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
    build.pay_next_bill(world, cast, loan_id)
    world.work()
    browser = browse(lender)
    (note,) = build.notes(lender)
    until = (clock.today() + timedelta(days=120)).day
    assert f"{until}" in browser.get(f"/my/notes/{note.ref}").text
    assert "Not final until" in browser.get(f"/my/notes/{note.ref}").text
    assert "was paid by card" in browser.get("/my/wallet").text
