"""A sponsor sees the campaign beside the median of its category, or why there is none."""

from __future__ import annotations

from marketplace.identity.queries import PersonRow
from marketplace.kernel import clock
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.pages.campaigns.addresses import desk_path
from tests.pages.campaigns.conftest import Reader


def test_the_desk_compares_with_the_median_day_of_five_or_says_what_is_missing(
    world: World, reader: Reader, sponsor: PersonRow, hand: clock.Hand
) -> None:
    goal = build.euros(100)
    others = [build.a_live_campaign(goal=goal, days=5, category="film") for _ in range(4)]
    last = build.a_live_campaign(goal=goal, days=7, category="film")
    for share, other in zip(("104", "110", "120"), others[:3], strict=True):
        build.pledged(world, other, share)
    hand.advance(days=2)
    for share, other in zip(("105", "130"), (others[3], last), strict=True):
        build.pledged(world, other, share)
    hand.advance(days=3)
    runner.run(clock.now())
    made = build.a_live_campaign(sponsor.as_actor(), goal=goal, days=3, category="film")
    build.pledged(world, made, "55")

    few = reader.get(desk_path(made))
    assert "4 other projects have reached their goal, and a median needs 5." in few.plain

    hand.advance(days=2)
    runner.run(clock.now())
    page = reader.get(desk_path(made))
    assert (
        "At the end of day 2, projects of Film that reached their goal were at 104 % in the"
        " median; you are at 55 %"
    ) in page.plain
    assert "Day 2 55 % 104 % Day 3 – 110 %" in page.plain

    with_others = build.a_live_campaign(sponsor.as_actor(), goal=goal, days=5, category="games")
    hand.advance(days=1)
    page = reader.get(desk_path(with_others))
    assert "day 1, projects that reached their goal were at 104 % in the median; you are" in (
        page.plain
    )
    assert "of Games there are 0, and a median needs 5." in page.plain
