"""Changing a pledge: another takes its place once it is paid, and the former goes back whole."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from marketplace.campaigns.queries import rewards
from marketplace.campaigns.rules.prices import Extras
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.campaigns.services.pledging import mark_unpaid
from marketplace.escrow.services import dispatching
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.disputes import decided, disputed
from tests.builders.escrow import World
from tests.builders.identity import an_actor


def taken(campaign_id: UUID) -> list[int]:
    found = [reward.taken for reward in rewards.of_campaign(campaign_id)]
    db.session.rollback()
    return found


def instead(pledge_id: UUID) -> Extras:
    return Extras(replaces_id=pledge_id)


def test_the_former_stands_until_the_new_one_is_paid_and_goes_back_then(
    world: World, hand: clock.Hand
) -> None:
    """The last lamp of its kind stays with whoever has it: it is taken once for both."""
    tier = replace(build.a_tier("25", 1), per_person=1)
    made, backer = build.a_live_campaign(tiers=[tier]), an_actor("Backer Bo")
    (lamp,) = build.reward_ids(made)
    former = build.pledged(world, made, "25", backer=backer, reward_id=lamp)

    placed = build.place(made, "40", backer=backer, reward_id=lamp, extras=instead(former))
    assert (build.state_of(former), taken(made)) == ("held", [1])
    prove(world)

    build.pay(world, placed)
    assert (build.state_of(former), build.state_of(placed.pledge_id)) == ("refunding", "held")
    assert build.pledge(former).refund_reason == "changed"
    assert (build.campaign(made).raised_minor, taken(made)) == (4_000, [1])
    build.arrive(world, hand)
    prove(world)

    cancel_pledge(backer, placed.pledge_id, clock.now())
    assert taken(made) == [0]
    prove(world)


def test_a_change_to_another_reward_gives_the_former_one_back(world: World) -> None:
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1), build.a_tier("40", 1)])
    backer, (small, large) = an_actor("Backer Bo"), build.reward_ids(made)
    former = build.pledged(world, made, "25", backer=backer, reward_id=small)

    placed = build.place(made, "40", backer=backer, reward_id=large, extras=instead(former))
    assert taken(made) == [1, 1]
    build.pay(world, placed)

    assert taken(made) == [0, 1]
    prove(world)


def test_a_change_that_is_not_paid_changes_nothing(world: World) -> None:
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
    backer, (lamp,) = an_actor("Backer Bo"), build.reward_ids(made)
    former = build.pledged(world, made, "25", backer=backer, reward_id=lamp)
    change = {"backer": backer, "reward_id": lamp, "extras": instead(former)}

    first = build.place(made, "30", **change)  # type: ignore[arg-type]
    second = build.place(made, "35", **change)  # type: ignore[arg-type]
    assert build.state_of(first.pledge_id) == "cancelled"
    mark_unpaid(second.pledge_id, clock.now())

    assert (build.state_of(former), taken(made)) == ("held", [1])
    prove(world)


def test_a_former_that_is_taken_back_meanwhile_leaves_the_reward_to_the_new_one(
    world: World,
) -> None:
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
    backer, (lamp,) = an_actor("Backer Bo"), build.reward_ids(made)
    former = build.pledged(world, made, "25", backer=backer, reward_id=lamp)
    placed = build.place(made, "30", backer=backer, reward_id=lamp, extras=instead(former))

    cancel_pledge(backer, former, clock.now())
    assert taken(made) == [1]
    build.pay(world, placed)

    assert (build.state_of(placed.pledge_id), taken(made)) == ("held", [1])
    prove(world)


def test_a_former_that_a_bank_takes_back_and_gives_back_holds_its_reward_once(
    world: World, hand: clock.Hand
) -> None:
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
    backer, (lamp,) = an_actor("Backer Bo"), build.reward_ids(made)
    former = build.pledged(world, made, "25", backer=backer, reward_id=lamp)
    placed = build.place(made, "30", backer=backer, reward_id=lamp, extras=instead(former))

    found = disputed(world, former)
    assert (build.state_of(former), taken(made)) == ("charged_back", [1])
    prove(world)
    decided(world, hand, found.id, won=True)
    assert (build.state_of(former), taken(made)) == ("held", [1])
    prove(world)

    mark_unpaid(placed.pledge_id, clock.now())
    assert taken(made) == [1]
    prove(world)


def test_a_saved_card_is_promised_anew_and_the_former_promise_ends_uncharged(
    world: World,
) -> None:
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1)], collection="deadline")
    backer, (lamp,) = an_actor("Backer Bo"), build.reward_ids(made)
    former = build.promised(world, made, "25", backer=backer, reward_id=lamp)

    placed = build.place(made, "30", backer=backer, reward_id=lamp, extras=instead(former))
    dispatching.dispatch(placed.checkout_id)
    world.save_card(placed.checkout_id)
    world.deliver()

    assert (build.state_of(former), build.state_of(placed.pledge_id)) == ("cancelled", "promised")
    assert (build.campaign(made).raised_minor, taken(made)) == (3_000, [1])
    prove(world)


def test_only_a_paid_or_promised_pledge_of_ones_own_is_changed(world: World) -> None:
    made, backer = build.a_live_campaign(), an_actor("Backer Bo")
    former = build.pledged(world, made, "25", backer=backer)
    waiting = build.place(made, "25", backer=backer).pledge_id

    with pytest.raises(NotFound):
        build.place(made, "30", backer=an_actor("Other Ola"), extras=instead(former))
    with pytest.raises(NotFound):
        build.place(build.a_live_campaign(), "30", backer=backer, extras=instead(former))
    with pytest.raises(Refusal, match="change_too_late"):
        build.place(made, "30", backer=backer, extras=instead(waiting))
