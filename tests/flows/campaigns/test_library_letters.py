"""Backers hear once a day that there is something in their library."""

from __future__ import annotations

from marketplace.kernel import clock
from tests.builders import campaigns as build
from tests.builders.digital import a_tone, add, delivered
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor


def test_they_hear_at_success_and_of_what_is_added_later(world: World, hand: clock.Hand) -> None:
    sponsor, backer = an_actor("Sol"), a_person("Backer Bo")
    made, _pledge_id, _song = delivered(world, hand, sponsor, backer.as_actor())
    world.work()

    def heard() -> int:
        return sum("library" in subject for subject in build.subjects(backer.email))

    assert heard() == 1
    hand.advance(days=1)
    [reward_id] = build.reward_ids(made)
    for title in ("The chapel", "The cold store"):
        add(sponsor, made, reward_id, a_tone(), title=title)
    world.work()

    assert heard() == 2
