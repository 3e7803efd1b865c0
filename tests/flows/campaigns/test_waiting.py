"""The line before a reward that is all taken: what comes free is theirs who waited longest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from marketplace.campaigns.jobs.waiting import move_lines
from marketplace.campaigns.queries import rewards, waiting
from marketplace.campaigns.services import suspending
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.campaigns.services.rewarding import change_reward
from marketplace.campaigns.services.waiting import join, leave, offer
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, an_actor
from tests.builders.races import outcomes


def left(reward_id: UUID, campaign_id: UUID) -> int | None:
    found = rewards.reward(reward_id, campaign_id).left
    db.session.rollback()
    return found


def stands(person: Actor, reward_id: UUID) -> tuple[str, datetime | None] | None:
    found = waiting.mine(person.known(), reward_id)
    db.session.rollback()
    return (found.state, found.offer_until) if found else None


def ended(person: Actor) -> list[str]:
    sql = "SELECT state FROM reward_wait WHERE person_id = %s ORDER BY joined_at, id"
    found = column(sql, (person.known(),))
    db.session.rollback()
    return found


def gone(world: World, *, quantity: int = 1) -> tuple[UUID, UUID, list[UUID], list[Actor]]:
    """A campaign whose one reward is all taken, and who has it."""
    made = build.a_live_campaign(tiers=[build.a_tier("25", quantity)])
    (lamp,) = build.reward_ids(made)
    owners = [an_actor(f"Owner {n}") for n in range(quantity)]
    held = [build.pledged(world, made, "25", backer=who, reward_id=lamp) for who in owners]
    return made, lamp, held, owners


def in_line(campaign_id: UUID, reward_id: UUID, hand: clock.Hand, *names: str) -> list[Actor]:
    found = [an_actor(name) for name in names]
    for person in found:
        hand.advance(minutes=1)
        join(person, campaign_id, reward_id, clock.now())
    return found


def test_what_comes_free_is_kept_for_the_first_in_line_and_nobody_overtakes(
    world: World, hand: clock.Hand
) -> None:
    made, lamp, (held,), (owner,) = gone(world)
    first, second = in_line(made, lamp, hand, "First Fay", "Second Sam")
    join(first, made, lamp, clock.now())  # again: the place stays
    cancel_pledge(owner, held, clock.now())

    with pytest.raises(Refusal, match="reward_gone"):
        build.place(made, "25", reward_id=lamp)
    assert left(lamp, made) == 0
    move_lines()
    move_lines()

    until = clock.now() + timedelta(hours=24)
    assert (stands(first, lamp), stands(second, lamp)) == (("offered", until), ("waiting", None))
    world.deliver()
    assert build.subjects(build.address(first)) == ["One “One lamp” is kept for you"]
    prove(world)
    with pytest.raises(Refusal, match="reward_gone"):
        build.place(made, "25", backer=second, reward_id=lamp)

    build.pledged(world, made, "30", backer=first, reward_id=lamp)
    assert (ended(first), left(lamp, made)) == (["taken"], 0)
    prove(world)


def test_what_is_not_taken_in_a_day_is_the_next_ones(world: World, hand: clock.Hand) -> None:
    made, lamp, (held,), (owner,) = gone(world)
    first, second = in_line(made, lamp, hand, "First Fay", "Second Sam")
    cancel_pledge(owner, held, clock.now())
    move_lines()
    hand.advance(hours=24)
    with pytest.raises(Refusal, match="reward_gone"):
        build.place(made, "25", backer=first, reward_id=lamp)

    move_lines()

    assert (ended(first), stands(first, lamp)) == (["lapsed"], None)
    assert stands(second, lamp) == ("offered", clock.now() + timedelta(hours=24))
    world.deliver()
    assert "“One lamp” is no longer kept for you" in build.subjects(build.address(first))
    prove(world)
    leave(second, lamp, clock.now())
    assert (ended(second), left(lamp, made)) == (["left"], 1)
    prove(world)


def test_a_sponsor_who_adds_some_adds_them_for_the_line(world: World, hand: clock.Hand) -> None:
    sponsor = an_actor("Sponsor Sol")
    tier = replace(build.a_tier("25", 1), per_person=1)
    made = build.a_live_campaign(sponsor, tiers=[tier])
    (lamp,) = build.reward_ids(made)
    owner = an_actor("Owner Oz")
    build.pledged(world, made, "25", backer=owner, reward_id=lamp)
    with pytest.raises(Refusal, match="per_person_reached"):
        join(owner, made, lamp, clock.now())
    people = in_line(made, lamp, hand, "First Fay", "Second Sam", "Third Thea")
    leave(people[0], lamp, clock.now())
    leave(people[0], lamp, clock.now())
    change_reward(sponsor, made, lamp, replace(tier, quantity=4), now=clock.now())

    move_lines()

    assert [stands(who, lamp) is not None for who in people] == [False, True, True]
    assert left(lamp, made) == 1
    build.pledged(world, made, "25", backer=people[1], reward_id=lamp)
    prove(world)


def test_a_line_stands_still_while_its_campaign_does_and_ends_with_it(
    world: World, hand: clock.Hand
) -> None:
    made, lamp, held, owners = gone(world, quantity=2)
    first, second = in_line(made, lamp, hand, "First Fay", "Second Sam")
    cancel_pledge(owners[0], held[0], clock.now())
    move_lines()
    moderator = a_moderator().as_actor()
    suspending.suspend(moderator, made, code="other", words="A look.", now=clock.now())
    hand.advance(hours=30)
    move_lines()
    assert ended(first) == ["offered"]
    suspending.lift(moderator, made, words="All is well.", now=clock.now())
    move_lines()
    assert stands(first, lamp) == ("offered", clock.now() + timedelta(hours=24))
    leave(first, lamp, clock.now())
    move_lines()
    assert stands(second, lamp) == ("offered", clock.now() + timedelta(hours=24))
    (third,) = in_line(made, lamp, hand, "Third Thea")
    hand.advance(days=30)
    move_lines()

    assert (ended(second), ended(third)) == (["lapsed"], ["over"])
    with pytest.raises(Refusal, match="campaign_closed"):
        join(third, made, lamp, clock.now())
    prove(world)


@pytest.mark.race
def test_of_a_line_and_a_passer_by_at_the_same_moment_the_line_has_what_came_free_once(
    world: World, hand: clock.Hand
) -> None:
    made, lamp, (held,), (owner,) = gone(world)
    people = in_line(made, lamp, hand, "First Fay", "Second Sam", "Third Thea")
    stranger, now = an_actor("Walking Wu"), clock.now()
    cancel_pledge(owner, held, now)

    told = outcomes(
        world,
        [
            lambda: offer(now),
            lambda: offer(now),
            lambda: build.place(made, "25", backer=stranger, reward_id=lamp),
            lambda: leave(people[0], lamp, now),
        ],
    )
    move_lines()

    assert told["done"] == 3  # the passer-by was refused
    kept = [person for person in people[1:] if (stands(person, lamp) or ("", None))[0] == "offered"]
    assert kept == [people[1]]
    assert ended(people[0]) == ["left"]
    prove(world)
