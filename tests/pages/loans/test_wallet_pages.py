"""The wallet in a browser: what is in it, money in, money out."""

from __future__ import annotations

import pytest

from marketplace.kernel import clock
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening

BAD_MONEY = ["-1", "0", "0.001", "1e309", "NaN", "１００", "9223372036854775808", ""]


class TestTheWallet:
    def test_is_empty_at_first(self, world: World, browse: Browse) -> None:
        page = browse(an_actor()).get("/my/wallet")

        assert page.h1 == "My wallet"
        assert "EUR 0.00" in page.text
        assert "No money has moved here yet." in page.text

    def test_shows_every_line_with_the_balance_after_it(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "300")
        build.commit(build.a_listed_loan(cast), "100", lou, source="wallet")

        text = browse(lou).get("/my/wallet").text

        for words in (
            "Paid in through the provider",
            "Lent to a loan",
            "Available EUR 200.00",
            "Held for loans EUR 100.00",
        ):
            assert words in text


class TestMoneyIn:
    def test_is_paid_at_the_provider_and_there_on_return(
        self, world: World, browse: Browse
    ) -> None:
        lou = an_actor("Lou Lender")
        browser = browse(lou)

        page = browser.get("/my/wallet/top-up")
        away = browser.send(page, "/top-up", amount="120.50")
        assert away.location.startswith("http")
        (order,) = build.wallet_orders(lou)
        waiting = browser.get(f"/my/wallet/orders/{order.ref}")
        assert "Not paid yet: you have not been charged" in waiting.text
        assert order.instruction_id is not None
        world.pay(order.instruction_id)
        receipt = browser.follow(browser.get(f"/my/wallet/orders/{order.ref}/return", status=303))

        assert "Done" in receipt.text
        assert build.in_wallet(lou) == 12050

    @pytest.mark.parametrize("typed", BAD_MONEY)
    def test_an_amount_that_is_none_is_refused_and_kept(
        self, world: World, browse: Browse, typed: str
    ) -> None:
        browser = browse(an_actor())

        page = browser.send(browser.get("/my/wallet/top-up"), "/top-up", status=422, amount=typed)

        assert len(page.errors) == 1
        assert page.form("/top-up").fields["amount"] == typed

    def test_a_currency_that_is_not_offered_is_refused(self, world: World, browse: Browse) -> None:
        browser, form = browse(an_actor()), {"currency": "XAU", "amount": "5"}

        page = browser.get("/my/wallet/top-up")
        refused = browser.send(page, "/top-up", status=422, **form)  # type: ignore[arg-type]

        assert refused.errors == ["XAU is not offered here. Choose another currency."]

    def test_the_same_form_twice_is_one_order(self, world: World, browse: Browse) -> None:
        lou = an_actor("Lou Lender")
        browser = browse(lou)
        page = browser.get("/my/wallet/top-up")

        browser.send(page, "/top-up", amount="50")
        browser.send(page, "/top-up", amount="50")

        assert len(build.wallet_orders(lou)) == 1

    def test_a_page_come_back_to_with_another_amount_is_another_order(
        self, world: World, browse: Browse
    ) -> None:
        """A browser restores the hidden key; nobody who types 12 is sent to pay 1,000."""
        lou = an_actor("Lou Lender")
        browser = browse(lou)
        page = browser.get("/my/wallet/top-up")

        first = browser.send(page, "/top-up", amount="1000")
        second = browser.send(page, "/top-up", amount="12")

        assert first.location != second.location
        assert {order.amount for order in build.wallet_orders(lou)} == {
            build.euros("1000"),
            build.euros("12"),
        }


class TestMoneyOut:
    def test_needs_a_payout_account_first(self, world: World, browse: Browse) -> None:
        page = browse(an_actor()).get("/my/wallet/withdraw")

        assert page.links["Set up the payout account"] == "/account/payouts"

    def test_is_set_aside_at_once_and_leaves_when_the_provider_has_paid(
        self, world: World, hand: clock.Hand, browse: Browse
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "120.50")
        build.onboard(world, lou)
        build.pass_days(world, hand, 3)
        browser = browse(lou)

        page = browser.get("/my/wallet/withdraw")
        assert "Available in EUR EUR 120.50" in page.text
        asked = browser.follow(browser.send(page, "/withdraw", amount="100"))
        assert "The money is on its way to your bank account." in asked.text
        assert "Available EUR 20.50" in asked.text
        assert "On its way to your bank EUR 100.00" in asked.text
        build.pass_days(world, hand, 3)

        done = browser.get("/my/wallet")
        assert "On its way to your bank EUR 0.00" in done.text
        assert "Sent to your bank" in done.text

    def test_more_than_there_is_is_refused_beside_the_field(
        self, world: World, browse: Browse
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "50")
        build.onboard(world, lou)
        browser = browse(lou)

        page = browser.send(
            browser.get("/my/wallet/withdraw"), "/withdraw", status=422, amount="50.01"
        )

        assert page.errors == ["There is not that much available in your wallet."]
        assert page.form("/withdraw").fields["amount"] == "50.01"
        assert build.in_wallet(lou) == 5000

    @pytest.mark.parametrize("typed", BAD_MONEY)
    def test_an_amount_that_is_none_is_refused_and_kept(
        self, world: World, browse: Browse, typed: str
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "50")
        build.onboard(world, lou)
        browser = browse(lou)

        page = browser.send(
            browser.get("/my/wallet/withdraw"), "/withdraw", status=422, amount=typed
        )

        assert len(page.errors) == 1
        assert page.form("/withdraw").fields["amount"] == typed
        assert build.in_wallet(lou) == 5000

    def test_the_same_form_twice_leaves_once(self, world: World, browse: Browse) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "120")
        build.onboard(world, lou)
        browser = browse(lou)
        page = browser.get("/my/wallet/withdraw")

        browser.send(page, "/withdraw", amount="50")
        browser.send(page, "/withdraw", amount="50")

        assert build.in_wallet(lou) == 7000

    def test_what_failed_at_the_bank_says_so_and_is_back(
        self, world: World, hand: clock.Hand, browse: Browse
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "120")
        build.onboard(world, lou, build.CLOSED_BANK)
        build.pass_days(world, hand, 3)
        browser = browse(lou)
        browser.send(browser.get("/my/wallet/withdraw"), "/withdraw", amount="50")

        build.pass_days(world, hand, 5)

        page = browser.get("/my/wallet")
        assert "Failed, money back in the wallet" in page.text
        assert "Available EUR 120.00" in page.text


@pytest.mark.parametrize(
    "path", ["/my/wallet", "/my/wallet/top-up", "/my/wallet/withdraw", "{order}"]
)
def test_no_page_of_the_wallet_asks_more_than_a_dozen_questions(
    world: World, cast: build.Cast, browse: Browse, path: str
) -> None:
    lou = an_actor("Lou Lender")
    build.topped_up(world, lou, "300")
    build.commit(build.a_listed_loan(cast), "100", lou, source="wallet")
    (order,) = build.wallet_orders(lou)
    browser = browse(lou)

    with listening() as heard:
        browser.get(path.format(order=f"/my/wallet/orders/{order.ref}"))

    assert len(heard) <= PAGE_MAX, heard


class TestLastDay:
    def test_money_that_may_stay_says_until_when(
        self, world: World, browse: Browse, hand: clock.Hand
    ) -> None:
        lena = an_actor("Lena Lender")
        build.topped_up(world, lena, "80")
        hand.advance(days=3)
        build.topped_up(world, lena, "20")

        page = browse(lena).get("/my/wallet")

        assert "Of this, EUR 80.00 may stay until 24 May 2026, the rest longer" in page.text

    def test_two_weeks_before_it_must_leave_there_is_a_warning(
        self, world: World, browse: Browse, hand: clock.Hand
    ) -> None:
        lena = an_actor("Lena Lender")
        build.topped_up(world, lena, "80")
        hand.advance(days=69)

        page = browse(lena).get("/my/wallet")

        assert "EUR 80.00 must leave by 24 May 2026" in page.text
        assert "it goes to your bank on that day if the provider knows it" in page.text
