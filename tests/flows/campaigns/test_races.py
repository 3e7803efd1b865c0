"""Several at once, each on a connection of its own: exactly one wins, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from marketplace.campaigns.queries import rewards
from marketplace.campaigns.rules.prices import Extras
from marketplace.campaigns.services import drafting, moderating, pledging
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow.services import dispatching
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.settlement import campaign_closing
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_moderator, an_actor
from tests.builders.races import outcomes

pytestmark = pytest.mark.race


def taken(campaign_id: UUID) -> list[int]:
    found = [reward.taken for reward in rewards.of_campaign(campaign_id)]
    db.session.rollback()
    return found


@pytest.mark.parametrize("stock", [1, 3])
def test_of_eight_buyers_exactly_as_many_win_as_there_are_rewards(world: World, stock: int) -> None:
    made = build.a_live_campaign(tiers=[build.a_tier("25", stock)])
    (reward,) = build.reward_ids(made)
    buyers = [an_actor(f"Backer {name}") for name in "ABCDEFGH"]

    found = outcomes(
        world,
        [partial(build.place, made, "25", backer=buyer, reward_id=reward) for buyer in buyers],
    )

    assert found == {"done": stock, "reward_gone": 8 - stock}
    assert taken(made) == [stock]
    prove(world)


def test_the_same_form_sent_by_an_impatient_hand_is_one_pledge(world: World) -> None:
    made = build.a_live_campaign(tiers=[build.a_tier("25", 5)])
    (reward,), buyer = build.reward_ids(made), an_actor("Backer Bo")
    places: set[UUID] = set()

    found = outcomes(
        world,
        [
            lambda: places.add(
                build.place(made, "25", backer=buyer, reward_id=reward, key="k").pledge_id
            )
        ]
        * 6,
    )

    assert found == {"done": 6}
    assert len(places) == 1
    assert taken(made) == [1]


def test_the_same_draft_begun_by_an_impatient_hand_is_one_draft(world: World) -> None:
    sponsor = an_actor("Sponsor Sol")

    found = outcomes(
        world,
        [
            lambda: drafting.start_draft(
                sponsor, title="A lamp", category="tech", form_key="k", now=clock.now()
            )
        ]
        * 6,
    )

    assert found == {"done": 6}
    assert scalar("SELECT count(*) FROM campaign") == 1


def test_all_who_take_a_pledge_back_at_once_take_it_back_once(
    world: World, hand: clock.Hand
) -> None:
    a_top_up(build.euros(10))
    backer, made = an_actor("Backer Bo"), build.a_live_campaign()
    pledge = build.pledged(world, made, backer=backer)

    found = outcomes(world, [lambda: cancel_pledge(backer, pledge, clock.now())] * 6)
    build.arrive(world, hand)

    assert found == {"done": 6}
    assert build.campaign(made).refunded_minor == 2_500
    assert build.campaign(made).raised_minor == 0
    prove(world)


def test_one_decision_is_made_by_many_moderators(world: World) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.submitted(build.a_draft(sponsor), sponsor)
    deciders = [a_moderator().as_actor() for _ in range(6)]

    found = outcomes(
        world,
        [
            partial(moderating.approve, who, made, clock.now())
            if number % 2
            else partial(moderating.give_back, who, made, reason="No.", now=clock.now())
            for number, who in enumerate(deciders)
        ],
    )

    assert found["done"] == 1
    assert set(found) == {"done", "illegal_move"}
    assert build.campaign(made).state in {"live", "draft"}


def test_pledges_that_meet_the_closing_are_counted_or_refused_never_lost(
    world: World, hand: clock.Hand
) -> None:
    """Half of the buyers' clocks are a second behind the deadline, half are at it."""
    a_top_up(build.euros(10))
    made = build.a_live_campaign(goal=build.euros(100), days=5)
    build.pledged(world, made, "100")
    hand.advance(days=5, seconds=-1)
    early = [an_actor(f"Early {name}") for name in "ABCD"]
    deadline = build.campaign(made).deadline
    assert deadline is not None

    def close() -> None:
        campaign_closing.close_campaign(made, deadline)

    found = outcomes(
        world,
        [
            *(partial(build.place, made, "50", backer=buyer) for buyer in early),
            close,
            close,
        ],
    )
    hand.set(deadline)
    campaign_closing.close_due_campaigns(clock.now())
    build.arrive(world, hand)
    campaign_closing.close_due_campaigns(clock.now())

    assert set(found) <= {"done", "campaign_closed"}
    assert build.campaign(made).state == "funded"
    assert build.campaign(made).raised_minor == 10_000
    open_ones = "SELECT count(*) FROM pledge WHERE state IN ('awaiting_payment', 'held')"
    assert scalar(open_ones) == 0
    db.session.rollback()
    prove(world)


def test_taking_back_or_closing_one_of_them_comes_first(world: World, hand: clock.Hand) -> None:
    a_top_up(build.euros(20))
    backer, made = an_actor("Backer Bo"), build.a_live_campaign(goal=build.euros(100), days=5)
    pledge = build.pledged(world, made, "60", backer=backer)
    build.pledged(world, made, "60")
    deadline = build.campaign(made).deadline
    assert deadline is not None
    hand.set(deadline)

    found = outcomes(
        world,
        [
            lambda: cancel_pledge(backer, pledge, deadline - timedelta(seconds=1)),
            lambda: campaign_closing.close_campaign(made, deadline),
            lambda: campaign_closing.close_campaign(made, deadline),
        ],
    )
    build.arrive(world, hand)

    state = build.campaign(made).state
    assert set(found) <= {"done", "illegal_move"}
    assert (state, build.state_of(pledge)) in {("funded", "released"), ("refunded", "refunded")}
    prove(world)


def test_many_workers_close_a_campaign_once(world: World, hand: clock.Hand) -> None:
    made = build.a_live_campaign(goal=build.euros(100), days=5)
    for _ in range(5):
        build.pledged(world, made, "25")
    hand.advance(days=5)

    found = outcomes(world, [lambda: campaign_closing.close_due_campaigns(clock.now())] * 6)

    assert found == {"done": 6}
    transfers = "SELECT count(*) FROM escrow_instruction WHERE kind = 'transfer'"
    assert scalar(transfers) == 1
    db.session.rollback()
    assert build.campaign(made).state == "funded"
    prove(world)


def test_a_payment_and_its_expiry_told_together_end_in_one_of_the_two(
    world: World, hand: clock.Hand
) -> None:
    a_top_up(build.euros(10))
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
    (reward,) = build.reward_ids(made)
    placed = build.place(made, "25", reward_id=reward)
    dispatching.dispatch(placed.checkout_id)
    world.pay(placed.checkout_id)

    found = outcomes(
        world,
        [
            lambda: dispatching.withdraw(placed.checkout_id),
            lambda: dispatching.refresh(placed.checkout_id),
        ]
        * 3,
    )
    build.arrive(world, hand)

    assert found == {"done": 6}
    assert build.state_of(placed.pledge_id) == "held"
    assert taken(made) == [1]
    prove(world)


def test_a_backer_whose_pledges_are_paid_at_the_same_moment_counts_once(world: World) -> None:
    backer = an_actor("Backer Bo")
    for _ in range(6):
        made = build.a_live_campaign()
        placed = [build.place(made, "25", backer=backer) for _ in range(3)]
        for each in placed:
            dispatching.dispatch(each.checkout_id)
            world.pay(each.checkout_id)

        found = outcomes(
            world,
            [
                partial(
                    pledging.mark_paid,
                    each.pledge_id,
                    each.checkout_id,
                    paid_at=clock.now(),
                    now=clock.now(),
                )
                for each in placed
            ],
        )

        assert found == {"done": 3}
        assert (build.campaign(made).raised_minor, build.campaign(made).backers) == (7_500, 1)
    prove(world)


def test_the_last_lamp_goes_with_its_oil_to_one_of_eight(world: World) -> None:
    """Baskets name the same two rewards in any order: nobody waits for anybody for ever."""
    beside = replace(build.a_tier("4", 3, "Oil"), is_addon=True)
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1), build.a_tier("30", 9), beside])
    first, second, oil = build.reward_ids(made)
    buyers = [an_actor(f"Backer {name}") for name in "ABCDEFGH"]
    with_oil = Extras(add_ons=((oil, 1),))

    found = outcomes(
        world,
        [
            partial(
                build.place,
                made,
                "30",
                backer=buyer,
                reward_id=first if number < 6 else second,
                extras=with_oil,
            )
            for number, buyer in enumerate(buyers)
        ],
    )

    assert found == {"done": 3, "reward_gone": 5}
    assert taken(made) == [1, 2, 3]
    prove(world)
