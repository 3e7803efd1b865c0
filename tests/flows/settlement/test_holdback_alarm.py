"""A sponsor hears before the last day of what is held back, while marking what was sent helps."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from marketplace.campaigns.queries import fulfilments
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.escrow import World, a_top_up


def test_two_weeks_before_the_last_day_the_sponsor_is_told_what_will_be_decided(
    world: World, hand: clock.Hand
) -> None:
    a_top_up(build.euros(500))
    found = holdback.a_success(world, hand)
    known = fulfilments.of_pledge(found.first)
    db.session.rollback()
    assert known is not None
    assert known.leave_by is not None
    last_day = datetime.combine(known.leave_by, time(9), UTC)
    subject = "What is held back of “A lamp for every window” is decided by"

    hand.set(last_day - timedelta(days=15))
    runner.run(clock.now())
    world.work()
    assert not any(subject in each for each in build.letters_of(found.sponsor))
    hand.set(last_day - timedelta(days=14))
    for _ in range(2):
        runner.run(clock.now())
        world.work()

    told = [each for each in build.subjects(build.address(found.sponsor)) if subject in each]
    assert len(told) == 1
    assert "EUR 60.00" in build.last_letter(build.address(found.sponsor)).replace("\u00a0", " ")
