"""The refund reserve: need and have, the alarm, and the house's own orders with four eyes."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow.queries import house, outgoing
from marketplace.escrow.services import dispatching, mirroring
from marketplace.escrow.services import house as ordering
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.settlement import jobs, runner
from marketplace.settlement.queries import reserve
from marketplace.settlement.queries.reserve import Reserve
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.disputes import balance
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor


def euro_reserve() -> Reserve:
    [found] = [one for one in reserve.reserves("simulator", clock.now()) if one.currency == "EUR"]
    db.session.rollback()
    return found


def earned(world: World, hand: clock.Hand) -> int:
    """Fees of a funded campaign, available; returns what is free."""
    made = build.a_live_campaign(goal=build.euros(1000), days=5)
    build.pledged(world, made, "1000")
    hand.advance(days=5)
    runner.run(clock.now())
    build.arrive(world, hand)
    prove(world)
    return euro_reserve().free.minor


class TestNeedAndHave:
    def test_the_fees_of_held_pledges_are_needed(self, world: World) -> None:
        build.pledged(world, build.a_live_campaign(), "100")
        mirroring.mirror()

        found = euro_reserve()

        assert found.fees.minor == balance("fees:provider") > 0
        assert found.need == found.fees
        assert (found.have.minor, found.short) == (0, found.need)

    def test_with_what_is_missing_put_in_every_refund_arrives(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer, made = an_actor("Bo Backer"), build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100", backer=backer)
        mirroring.mirror()
        a_top_up(euro_reserve().short)
        assert euro_reserve().short.is_zero

        cancel_pledge(backer, pledge_id, clock.now())
        build.arrive(world, hand)

        assert build.state_of(pledge_id) == "refunded"
        prove(world)

    def test_without_it_refunds_wait_and_are_named_since_when(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer, made = an_actor("Bo Backer"), build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100", backer=backer)
        since = clock.now()
        cancel_pledge(backer, pledge_id, since)
        build.arrive(world, hand)

        [waits] = outgoing.waiting_refunds()
        db.session.rollback()

        assert (waits.count, waits.amount_minor, waits.since) == (1, 10_000, since)

    def test_fees_of_what_was_decided_are_needed_no_more(
        self, world: World, hand: clock.Hand
    ) -> None:
        earned(world, hand)

        assert euro_reserve().need.is_zero


class TestAlarm:
    def test_officers_are_told_once_a_day_before_a_campaign_fails(
        self, world: World, hand: clock.Hand
    ) -> None:
        officer = an_actor("Fin Officer", role="finance_officer")
        build.pledged(world, build.a_live_campaign(goal=build.euros(1000), days=10), "100")
        mirroring.mirror()
        jobs.watch_reserve()
        world.work()
        assert not build.letters_of(officer)

        hand.advance(days=4)
        jobs.watch_reserve()
        jobs.watch_reserve()
        world.work()

        [subject] = build.letters_of(officer)
        assert subject.startswith("Refund reserve: EUR ")

    def test_with_enough_nobody_is_told(self, world: World, hand: clock.Hand) -> None:
        officer = an_actor("Fin Officer", role="finance_officer")
        a_top_up(build.euros(50))
        build.pledged(world, build.a_live_campaign(goal=build.euros(1000), days=5), "100")
        mirroring.mirror()

        jobs.watch_reserve()
        world.work()

        assert not build.letters_of(officer)


class TestHouseOrders:
    def test_two_officers_put_money_in(self, world: World) -> None:
        first, second = (an_actor(name, role="finance_officer") for name in ("One", "Two"))
        order_id = ordering.propose(first, "top_up", build.euros(30), clock.now())
        with pytest.raises(Refusal, match="same_person"):
            ordering.approve(first, order_id, clock.now())
        assert balance("refund_reserve") == 0

        ordering.approve(second, order_id, clock.now())
        world.deliver()

        assert balance("refund_reserve") == 3_000
        assert house.order(order_id).carried == "succeeded"
        with pytest.raises(Refusal, match="house_decided"):
            ordering.approve(second, order_id, clock.now())
        prove(world)

    def test_no_more_than_is_free_is_paid_out(self, world: World, hand: clock.Hand) -> None:
        free = earned(world, hand)
        officer = an_actor("One", role="finance_officer")
        more = build.euros("0.01") + euro_reserve().free

        with pytest.raises(Refusal, match="house_short"):
            ordering.propose(officer, "payout", more, clock.now())

        assert free > 0

    def test_earned_fees_are_paid_out_and_a_failure_gives_them_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        earned(world, hand)
        fees = balance("fees:platform")
        first, second = (an_actor(name, role="finance_officer") for name in ("One", "Two"))
        order_id = ordering.propose(first, "payout", build.euros(10), clock.now())
        ordering.approve(second, order_id, clock.now())
        world.deliver()
        instruction_id = house.order(order_id).instruction_id
        db.session.rollback()
        assert instruction_id is not None

        world.fail_payout(dispatching.refresh(instruction_id))
        hand.advance(days=3)
        world.deliver()

        assert house.order(order_id).carried == "returned"
        assert balance("fees:platform") == fees
        prove(world)

    def test_an_operator_pays_out_at_the_command_line(
        self, world: World, hand: clock.Hand, app: Flask
    ) -> None:
        earned(world, hand)

        shown = app.test_cli_runner().invoke(args=["escrow", "pay-out", "EUR", "5.00"])
        done = app.test_cli_runner().invoke(args=["escrow", "pay-out", "EUR", "5.00", "--apply"])
        refused = app.test_cli_runner().invoke(args=["escrow", "pay-out", "EUR", "5000", "--apply"])

        assert "Would pay out 5.00 EUR" in shown.output
        assert done.exit_code == 0
        assert refused.exit_code == 1
        hand.advance(days=3)
        prove(world)
