"""What is held back near its last day: its sponsor is told, and two officers may decide earlier."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.settlement import choosing, runner
from marketplace.settlement.queries import holding
from marketplace.settlement.queries.kinds import HeldAs
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.holdback import last_day_of
from tests.builders.identity import an_actor

pytestmark = pytest.mark.usefixtures("reserve")


def test_two_weeks_before_the_last_day_the_sponsor_is_told_what_will_be_decided(
    world: World, hand: clock.Hand
) -> None:
    found = holdback.a_success(world, hand)
    last_day = last_day_of(found)
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


def test_two_officers_decide_earlier_what_its_last_day_would(
    world: World, hand: clock.Hand
) -> None:
    found = holdback.a_success(world, hand)
    holdback.ship(found, found.first)
    holdback.objected(found)
    hand.set(last_day_of(found) - timedelta(days=14))
    held = holding.one(HeldAs.HOLDBACK, found.campaign_id, "EUR")
    db.session.rollback()
    fay, finn = (an_actor(name, role="finance_officer") for name in ("Fay", "Finn"))
    with pytest.raises(Refusal, match="holding_choice_missing"):
        choosing.propose(fay, held, choice="give_back", reason="Long enough.", now=clock.now())

    made = choosing.propose(fay, held, choice="decide", reason="Long enough.", now=clock.now())
    choosing.agree(finn, made, clock.now())
    world.work()

    # What nobody has decided goes back; what is not due yet is the sponsor's, as it was said.
    assert holdback.fulfilment_of(found.first) == "returned"
    assert holdback.fulfilment_of(found.pledges[1]) == "owed"
    prove(world)
