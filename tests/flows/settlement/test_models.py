"""Every rule a sponsor can choose, lived from pledge to decision."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.campaigns.rules.models import Ending
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow.services import dispatching
from marketplace.infra import transitions
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.settling import settle

BROKE = "4000000000000341"  # saves well, has no money when it is charged
KEEP = Ending("keep_what_you_raise")
TWO = Ending("two_rounds", optimum=build.euros(200), round_two_days=10)


def a_campaign(ending: Ending, collection: str = "now") -> UUID:
    return build.a_live_campaign(
        goal=build.euros(100), days=5, ending=ending, collection=collection
    )


def told(person: Actor) -> str:
    """The latest letter to somebody, on one line."""
    return " ".join(build.last_letter(build.address(person)).split())


def moves(campaign_id: UUID) -> list[str]:
    found = [each.move for each in transitions.history("campaign", campaign_id)]
    db.session.rollback()
    return found


class TestFloor:
    @pytest.mark.parametrize(("floor", "state"), [("60", "funded"), ("60.01", "unfunded")])
    def test_a_cent_decides_about_what_was_collected(
        self, world: World, hand: clock.Hand, floor: str, state: str
    ) -> None:
        made = a_campaign(Ending(floor=build.euros(floor)), "deadline")
        build.promised(world, made, "60")
        build.promised(world, made, "40", card=BROKE)
        hand.advance(days=5)
        settle(world)
        assert build.campaign(made).state == "collecting"

        hand.advance(days=7, hours=1)
        settle(world)

        assert build.campaign(made).state == state
        prove(world)

    def test_less_than_the_goal_promised_charges_nobody_whatever_the_floor(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = a_campaign(Ending(floor=build.euros(50)), "deadline")
        pledge = build.promised(world, made, "99.99")
        hand.advance(days=5)

        settle(world)

        assert (build.campaign(made).state, build.state_of(pledge)) == ("refunded", "lapsed")
        prove(world)


class TestKeeping:
    @pytest.mark.parametrize("collection", ["now", "deadline"])
    def test_far_below_the_goal_the_sponsor_gets_what_came(
        self, world: World, hand: clock.Hand, collection: str
    ) -> None:
        made, backer = a_campaign(KEEP, collection), an_actor("Backer Bo")
        make = build.pledged if collection == "now" else build.promised
        pledge = make(world, made, "7", backer=backer)
        assert "even if the goal of EUR 100.00 is not" in told(backer)
        hand.advance(days=5)
        settle(world)
        settle(world)

        found = build.campaign(made)
        assert (found.state, build.state_of(pledge)) == ("funded", "released")
        assert found.fee_minor is not None
        assert found.net_minor == 700 - found.fee_minor
        assert "“A lamp for every window” is over and keeps what came together" in (
            build.letters_of(backer)
        )
        prove(world)

    def test_nothing_at_all_is_still_a_miss(self, world: World, hand: clock.Hand) -> None:
        made = a_campaign(KEEP)
        hand.advance(days=5)

        settle(world)

        assert build.campaign(made).state == "refunded"
        prove(world)


class TestTwoRounds:
    def test_below_the_minimum_it_is_over_and_everything_goes_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = a_campaign(TWO)
        pledge = build.pledged(world, made, "99.99")
        hand.advance(days=5)

        settle(world)

        assert (build.campaign(made).state, build.state_of(pledge)) == ("unfunded", "refunding")
        prove(world)

    def test_with_the_minimum_it_goes_on_and_what_made_it_stays_pledged(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer = an_actor("Backer Bo")
        made = a_campaign(TWO)
        first = build.pledged(world, made, "100", backer=backer)
        waiting = build.place(made, "10")
        before = build.campaign(made)
        hand.advance(days=5)

        assert "campaign.goes_on" in settle(world)

        found = build.campaign(made)
        assert (found.state, found.round, found.first_deadline) == ("live", 2, before.deadline)
        assert before.deadline is not None
        assert found.deadline == before.deadline + timedelta(days=10)
        assert build.state_of(waiting.pledge_id) == "awaiting_payment"
        with pytest.raises(Refusal, match="cancel_too_late"):
            cancel_pledge(backer, first, clock.now())
        assert "“A lamp for every window” reached its minimum and goes on" in build.letters_of(
            backer
        )
        second = build.pledged(world, made, "20", backer=backer)
        assert "the minimum of EUR 100.00 is reached" in told(backer)
        assert cancel_pledge(backer, second, clock.now())

        hand.advance(days=10, hours=1)  # the page that waits from the first round has expired
        settle(world)
        assert (build.campaign(made).state, build.state_of(first)) == ("funded", "released")
        assert moves(made)[-4:] == ["close", "go_on", "close", "fund"]
        prove(world)

    def test_with_the_optimum_there_is_nothing_to_go_on_for(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = a_campaign(TWO)
        build.pledged(world, made, "200")
        hand.advance(days=5)

        settle(world)

        assert build.campaign(made).state == "funded"
        prove(world)

    def test_a_payment_made_in_time_whose_news_is_late_still_reaches_the_minimum(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = a_campaign(TWO)
        hand.advance(days=4, hours=23, minutes=50)
        placed = build.place(made, "100")
        dispatching.dispatch(placed.checkout_id)
        world.pay(placed.checkout_id)
        hand.advance(minutes=11)
        runner.run(clock.now())
        assert build.campaign(made).state == "closing"

        world.deliver()
        settle(world)

        assert (build.campaign(made).state, build.campaign(made).round) == ("live", 2)
        prove(world)

    def test_saved_cards_are_charged_once_at_the_end_of_the_second(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = a_campaign(TWO, "deadline")
        pledge = build.promised(world, made, "100")
        hand.advance(days=5)
        settle(world)
        assert (build.campaign(made).round, build.state_of(pledge)) == (2, "promised")

        hand.advance(days=10)
        settle(world)
        settle(world)

        assert (build.campaign(made).state, build.state_of(pledge)) == ("funded", "released")
        prove(world)
