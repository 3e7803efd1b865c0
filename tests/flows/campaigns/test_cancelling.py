"""A backer takes a pledge back, until the deadline."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from marketplace.campaigns.queries import rewards
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow.services import dispatching
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import IllegalMove, NotFound, Refusal
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_person, an_actor


def taken(campaign_id: UUID) -> list[int]:
    found = [reward.taken for reward in rewards.of_campaign(campaign_id)]
    db.session.rollback()
    return found


def test_a_paid_pledge_comes_back_whole_and_its_reward_goes_back_on_the_shelf(
    world: World, hand: clock.Hand
) -> None:
    a_top_up(build.euros(10))  # the provider keeps its fee of what is given back
    backer = a_person("Backer Bo")
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
    (reward,) = build.reward_ids(made)
    pledge = build.pledged(world, made, "25", backer=backer.as_actor(), reward_id=reward)
    hand.advance(hours=1)

    on_its_way = cancel_pledge(backer.as_actor(), pledge, clock.now())

    assert on_its_way
    assert (build.state_of(pledge), taken(made)) == ("refunding", [0])
    assert (build.campaign(made).raised_minor, build.campaign(made).backers) == (0, 0)
    build.arrive(world, hand)
    assert build.state_of(pledge) == "refunded"
    assert build.campaign(made).refunded_minor == 2_500
    assert build.subjects(backer.email)[1:] == [
        "You cancelled your pledge of EUR 25.00",
        "EUR 25.00 went back to you",
    ]
    prove(world)


def test_taking_it_back_twice_is_once(world: World) -> None:
    a_top_up(build.euros(10))
    backer = an_actor("Backer Bo")
    made = build.a_live_campaign(tiers=[build.a_tier("25", 2)])
    (reward,) = build.reward_ids(made)
    pledge = build.pledged(world, made, "25", backer=backer, reward_id=reward)
    build.pledged(world, made, "25", reward_id=reward)

    assert cancel_pledge(backer, pledge, clock.now())
    assert cancel_pledge(backer, pledge, clock.now())
    world.deliver()
    assert cancel_pledge(backer, pledge, clock.now())

    assert (build.campaign(made).raised_minor, taken(made)) == (2_500, [1])
    prove(world)


def test_one_that_was_not_paid_simply_ends(world: World) -> None:
    backer = an_actor("Backer Bo")
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
    (reward,) = build.reward_ids(made)
    placed = build.place(made, "25", backer=backer, reward_id=reward)

    assert not cancel_pledge(backer, placed.pledge_id, clock.now())

    assert (build.state_of(placed.pledge_id), taken(made)) == ("cancelled", [0])
    assert not cancel_pledge(backer, placed.pledge_id, clock.now())
    prove(world)


def test_a_payment_that_crosses_with_it_goes_back_whole(world: World, hand: clock.Hand) -> None:
    a_top_up(build.euros(10))
    backer, made = an_actor("Backer Bo"), build.a_live_campaign()
    placed = build.place(made, backer=backer)
    dispatching.dispatch(placed.checkout_id)
    world.pay(placed.checkout_id)  # paid at the bank, not yet told

    cancel_pledge(backer, placed.pledge_id, clock.now())
    build.arrive(world, hand)

    assert build.state_of(placed.pledge_id) == "refunded"
    assert build.campaign(made).raised_minor == 0
    prove(world)


@pytest.mark.parametrize("seconds", [0, 1])
def test_from_the_deadline_on_it_is_too_late(world: World, hand: clock.Hand, seconds: int) -> None:
    backer, made = an_actor("Backer Bo"), build.a_live_campaign(days=5)
    pledge = build.pledged(world, made, backer=backer)
    hand.advance(days=5, seconds=seconds)

    with pytest.raises(Refusal, match="cancel_too_late"):
        cancel_pledge(backer, pledge, clock.now())
    assert build.state_of(pledge) == "held"


def test_one_second_before_the_deadline_it_is_possible(world: World, hand: clock.Hand) -> None:
    backer, made = an_actor("Backer Bo"), build.a_live_campaign(days=5)
    pledge = build.pledged(world, made, backer=backer)
    hand.advance(days=5, seconds=-1)

    assert cancel_pledge(backer, pledge, clock.now())


def test_what_expired_cannot_be_taken_back(world: World, hand: clock.Hand) -> None:
    backer, made = an_actor("Backer Bo"), build.a_live_campaign()
    placed = build.place(made, backer=backer)
    dispatching.dispatch(placed.checkout_id)
    hand.advance(minutes=31)
    world.deliver()

    with pytest.raises(IllegalMove):
        cancel_pledge(backer, placed.pledge_id, clock.now())


def test_somebody_elses_pledge_does_not_exist(world: World) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_live_campaign(sponsor)
    pledge = build.pledged(world, made)

    for other in (an_actor("Mal"), sponsor, an_actor("Mo", role="moderator")):
        with pytest.raises(NotFound):
            cancel_pledge(other, pledge, clock.now())
    with pytest.raises(NotFound):
        cancel_pledge(sponsor, uuid4(), clock.now())
    assert build.state_of(pledge) == "held"


def test_a_goal_that_is_lost_by_taking_back_is_missed(world: World, hand: clock.Hand) -> None:
    a_top_up(build.euros(20))
    backer, made = an_actor("Backer Bo"), build.a_live_campaign(goal=build.euros(100), days=5)
    pledge = build.pledged(world, made, "60", backer=backer)
    other = build.pledged(world, made, "60")
    cancel_pledge(backer, pledge, clock.now())
    hand.advance(days=5)

    runner.run(clock.now())
    build.arrive(world, hand)

    assert build.campaign(made).state == "refunded"
    assert build.campaign(made).raised_minor == 6_000
    assert build.state_of(other) == "refunded"
    prove(world)
