"""Money into a wallet and out of it: each order once, each refusal before anything moves."""

from __future__ import annotations

import pytest

from marketplace.escrow.services import dispatching
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.loans.services import wallet
from marketplace.settlement import withdrawing
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor


def test_a_top_up_nobody_pays_expires_and_brings_nothing(world: World, hand: clock.Hand) -> None:
    lou = an_actor("Lou Lender")
    order_id = wallet.top_up(lou, amount=build.euros("50"), form_key="f1", now=clock.now())
    checkout = wallet.instruction_of(order_id)
    db.session.rollback()
    assert checkout is not None
    dispatching.dispatch(checkout)

    build.pass_days(world, hand, 2)

    assert build.wallet_order(order_id).state == "expired"
    assert build.in_wallet(lou) == 0
    prove(world)


@pytest.mark.parametrize("act", [wallet.top_up, wallet.withdraw])
def test_the_same_form_is_the_same_order(world: World, act) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    lou = an_actor("Lou Lender")
    build.topped_up(world, lou, "120")
    build.onboard(world, lou)

    orders = {
        act(lou, amount=build.euros("50"), form_key="same", now=clock.now()) for _ in range(3)
    }

    assert len(orders) == 1


class TestWithdrawing:
    def test_needs_a_payout_account(self, world: World) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "120")

        with pytest.raises(Refusal) as refused:
            wallet.withdraw(lou, amount=build.euros("50"), form_key="f1", now=clock.now())

        assert refused.value.code == "payee_missing"
        assert build.in_wallet(lou) == 12000
        assert [one.kind for one in build.wallet_orders(lou)] == ["top_up"]

    def test_more_than_is_free_is_refused_and_leaves_no_order(self, world: World) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "120")
        build.onboard(world, lou)
        wallet.withdraw(lou, amount=build.euros("100"), form_key="f1", now=clock.now())

        with pytest.raises(Refusal) as refused:
            wallet.withdraw(lou, amount=build.euros("20.01"), form_key="f2", now=clock.now())

        assert (refused.value.code, refused.value.field) == ("withdraw_short", "amount")
        assert len(build.wallet_orders(lou)) == 2
        assert build.in_wallet(lou) == 2000

    def test_money_on_its_way_out_cannot_be_lent(self, world: World, cast: build.Cast) -> None:
        loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
        build.topped_up(world, lou, "120")
        build.onboard(world, lou)
        wallet.withdraw(lou, amount=build.euros("100"), form_key="f1", now=clock.now())

        with pytest.raises(Refusal) as refused:
            build.commit(loan_id, "20.01", lou, source="wallet")

        assert refused.value.code == "wallet_short"


class TestByItself:
    def test_a_wallet_that_reached_its_owners_amount_is_paid_out_once_a_day(
        self, world: World
    ) -> None:
        lender = an_actor("Lena Lender")
        build.onboard(world, lender)
        build.topped_up(world, lender, "120")
        wallet.prefer(lender, currency="EUR", withdraw_from=build.euros("150"), now=clock.now())
        assert withdrawing.withdraw_full_wallets(clock.now()) == []
        build.topped_up(world, lender, "30")
        (line,) = withdrawing.withdraw_full_wallets(clock.now())
        assert line.amount == build.euros("150")
        assert build.in_wallet(lender) == 0
        build.topped_up(world, lender, "160")
        assert withdrawing.withdraw_full_wallets(clock.now()) == []
        assert build.in_wallet(lender) == 16_000

    def test_too_small_an_amount_is_refused_and_none_stops_it(self, world: World) -> None:
        lender = an_actor("Lena Lender")
        with pytest.raises(Refusal, match="threshold_too_low"):
            wallet.prefer(lender, currency="EUR", withdraw_from=build.euros("1"), now=clock.now())
        wallet.prefer(lender, currency="EUR", withdraw_from=build.euros("50"), now=clock.now())
        wallet.prefer(lender, currency="EUR", withdraw_from=None, now=clock.now())
        assert wallet.preference(lender.known(), "EUR") is None
