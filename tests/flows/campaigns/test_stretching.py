"""Stretch goals: written while nothing is decided, reached by themselves, kept once reached."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from marketplace.campaigns.queries import stretching as queries
from marketplace.campaigns.rules.stretching import Stretch
from marketplace.campaigns.services import stretching
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, Refused
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor

pytestmark = pytest.mark.usefixtures("app")
NEAR = Stretch(build.euros(150), "A second kiln", "It burns at night.")
FAR = Stretch(build.euros(200), "A glaze of our own")


def write(sponsor: Actor, made: UUID, goals: Sequence[Stretch]) -> None:
    stretching.write_goals(sponsor, made, goals, now=clock.now())


def standing(made: UUID) -> list[tuple[str, bool]]:
    found = [(row.title, row.reached_at is not None) for row in queries.of_campaign(made)]
    db.session.rollback()
    return found


def test_they_are_kept_the_nearest_first_and_empty_rows_are_not() -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_draft(sponsor, goal=build.euros(100))

    write(sponsor, made, [FAR, Stretch(None, " "), NEAR])

    assert standing(made) == [("A second kiln", False), ("A glaze of our own", False)]


def test_everything_wrong_is_said_beside_its_row() -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_draft(sponsor, goal=build.euros(100))

    with pytest.raises(Refused) as caught:
        write(
            sponsor,
            made,
            [
                Stretch(build.euros(100), "Equal"),
                Stretch(None, "Free"),
                Stretch(FAR.amount, ""),
                FAR,
            ],
        )

    assert [(each.code, each.field) for each in caught.value.refusals] == [
        ("stretch_not_above", "amount_1"),
        ("stretch_amount_missing", "amount_2"),
        ("stretch_untitled", "title_3"),
        ("stretch_twice", None),
    ]
    assert standing(made) == []


def test_what_was_reached_is_told_once_and_stays(world: World, hand: clock.Hand) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_live_campaign(sponsor, goal=build.euros(100), days=5)
    write(sponsor, made, [NEAR])
    build.pledged(world, made, "150")

    assert [stretching.note_reached(clock.now()) for _minute in range(2)] == [1, 0]
    world.work()

    assert "“A lamp for every window” reached a stretch goal: A second kiln" in build.letters_of(
        sponsor
    )
    with pytest.raises(Refusal, match="stretch_reached"):
        write(sponsor, made, [NEAR._replace(title="A third kiln")])
    write(sponsor, made, [NEAR, FAR])
    assert standing(made) == [("A second kiln", True), ("A glaze of our own", False)]
    hand.advance(days=5)
    runner.run(clock.now())
    with pytest.raises(Refusal, match="stretch_too_late"):
        write(sponsor, made, [NEAR])


def test_somebody_elses_campaign_does_not_exist() -> None:
    made = build.a_draft(an_actor("Sponsor Sol"))

    with pytest.raises(NotFound):
        write(an_actor("Mal"), made, [FAR])
