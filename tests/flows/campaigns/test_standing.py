"""Where a campaign's money is by the ledger, held against its pledges and against a bank's acts."""

from __future__ import annotations

import pytest

from marketplace.campaigns.queries.standing import Standing
from marketplace.campaigns.services import inspecting
from marketplace.kernel import clock
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.books import accounted, prove
from tests.builders.disputes import decided, disputed
from tests.builders.escrow import World, a_top_up


@pytest.fixture(autouse=True)
def reserve(world: World) -> None:
    """Money of the house: the provider keeps its fees of what goes back."""
    a_top_up(build.euros(500))


def nothing_but(paid_in: int, **parts: int) -> Standing:
    """A standing of which all other parts are zero."""
    names = (*Standing.__dataclass_fields__,)
    return Standing(**dict.fromkeys(names, 0) | {"paid_in": paid_in} | parts)


def test_until_the_deadline_all_of_it_is_held_and_after_a_miss_all_of_it_goes_back(
    world: World, hand: clock.Hand
) -> None:
    made = build.a_live_campaign(goal=build.euros(100), days=5)
    assert accounted(made) == nothing_but(0)
    build.pledged(world, made, "60")
    assert accounted(made) == nothing_but(6_000, held=6_000)

    hand.advance(days=5)
    runner.run(clock.now())
    assert accounted(made) == nothing_but(6_000, returning=6_000)
    build.arrive(world, hand)

    assert accounted(made) == nothing_but(6_000, refunded=6_000)


def test_after_a_success_every_part_is_where_its_pledges_say(
    world: World, hand: clock.Hand
) -> None:
    found = holdback.a_success(world, hand, paid=False)
    assert accounted(found.campaign_id) == nothing_but(
        30_000, held_back=6_000, payable=22_800, fee=1_200
    )
    holdback.ship(found)
    inspecting.accept(found.backers[1], found.pledges[1], clock.now())
    world.work()

    assert accounted(found.campaign_id) == nothing_but(
        30_000, held_back=3_000, payable=22_800 + 2_850, fee=1_350
    )
    prove(world)


def test_what_two_people_decide_to_give_back_is_refunded_and_the_rest_is_paid(
    world: World, hand: clock.Hand
) -> None:
    found = holdback.a_success(world, hand)
    holdback.ship(found)
    inspecting.accept(found.backers[1], found.pledges[1], clock.now())
    holdback.decided(holdback.objected(found), 1_000)
    world.work()
    assert accounted(found.campaign_id).refunded == 1_000

    hand.advance(days=1)
    runner.run(clock.now())
    build.arrive(world, hand)

    # Of 290 that were released, 5 %.
    assert accounted(found.campaign_id) == nothing_but(
        30_000, paid_out=27_550, fee=1_450, refunded=1_000
    )
    prove(world)


class TestBanks:
    def test_held_and_released_shares_leave_for_the_bank_and_come_back_when_it_is_won(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand, paid=False)

        opened = disputed(world, found.first)
        assert accounted(found.campaign_id) == nothing_but(
            30_000, held_back=3_000, payable=16_150, fee=850, charged_back=10_000
        )
        decided(world, hand, opened.id, won=True)

        # The sponsor's part of it is in the sponsor's wallet, our fee with us.
        assert accounted(found.campaign_id) == nothing_but(
            30_000, held_back=6_000, payable=16_150, paid_out=6_650, fee=1_200
        )
        prove(world)

    def test_what_a_sponsor_was_paid_is_taken_back_through_the_provider(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)

        disputed(world, found.pledges[2])
        build.arrive(world, hand)

        assert accounted(found.campaign_id) == nothing_but(
            30_000, held_back=6_000, paid_out=13_300, fee=700, charged_back=10_000
        )

    def test_a_bank_that_is_quicker_than_the_deadline_takes_it_out_of_the_escrow(
        self, world: World
    ) -> None:
        made = build.a_live_campaign(goal=build.euros(100))
        build.pledged(world, made, "40")

        disputed(world, build.pledged(world, made, "60"))

        assert accounted(made) == nothing_but(10_000, held=4_000, charged_back=6_000)
