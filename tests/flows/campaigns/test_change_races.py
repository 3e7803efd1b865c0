"""A change and what happens in the same moment: nobody is bound to what they did not read."""

from __future__ import annotations

from functools import partial

import pytest

from marketplace.campaigns.rules.prices import Extras
from marketplace.campaigns.services import changing, launching, reconfirming
from marketplace.escrow import queries as escrow
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.settlement import reconfirming as settlement
from tests.builders import campaigns as build
from tests.builders import changes as make
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.builders.races import outcomes

pytestmark = pytest.mark.race

EUR = build.euros


def test_whoever_pledges_in_the_moment_of_the_approval_is_asked_or_reads_again(
    world: World,
) -> None:
    sponsor, moderator = an_actor("Sponsor Sol"), an_actor("Mo Derator", role="moderator")
    made = build.a_live_campaign(sponsor)
    change = make.a_proposal(sponsor, made, goal=EUR(600))
    seen = Extras(shown=EUR(25))
    buyers = [an_actor(f"Backer {name}") for name in "ABCDEF"]

    found = outcomes(
        world,
        [
            *(partial(build.place, made, "25", backer=buyer, extras=seen) for buyer in buyers),
            lambda: changing.approve(moderator, change, clock.now()),
        ],
    )

    placed = column("SELECT id FROM pledge WHERE campaign_id = %s", (made,))
    asked = column("SELECT pledge_id FROM reconfirmation WHERE change_id = %s", (change,))
    db.session.rollback()
    assert found["done"] == 1 + len(placed)
    assert found["terms_moved"] == len(buyers) - len(placed)
    assert sorted(asked) == sorted(placed)


def test_of_two_changes_proposed_at_once_one_stands(world: World) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_live_campaign(sponsor)

    found = outcomes(
        world, [partial(make.a_proposal, sponsor, made, goal=EUR(goal)) for goal in (600, 700)]
    )

    assert found == {"done": 1, "change_stands": 1}


def test_a_pledge_that_is_left_twice_and_let_go_at_once_goes_back_once(world: World) -> None:
    a_top_up(EUR(200))
    sponsor, backer = an_actor("Sponsor Sol"), an_actor("Backer Bo")
    made = build.a_live_campaign(sponsor)
    pledge = build.pledged(world, made, "100", backer=backer)
    make.a_change(sponsor, made, goal=EUR(600))
    leave = partial(reconfirming.answer, backer, pledge, stays=False, now=clock.now())
    leave()

    found = outcomes(
        world, [leave, *(partial(settlement.settle_campaign, made, clock.now()) for _ in range(3))]
    )
    world.deliver()

    assert found == {"done": 4}
    refunds = [one for one in escrow.instructions_for(pledge) if one.kind == "refund"]
    db.session.rollback()
    assert len(refunds) == 1
    prove(world)


def test_a_launch_by_hand_and_by_the_clock_is_one(world: World, hand: clock.Hand) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_scheduled_campaign(sponsor)
    hand.advance(days=10)

    found = outcomes(
        world,
        [
            partial(launching.launch, sponsor, made, clock.now()),
            *(partial(launching.launch_due, clock.now()) for _ in range(2)),
        ],
    )

    assert found == {"done": 3}
    assert build.campaign(made).state == "live"
