"""A campaign that begins at its own hour, and the people who want to be told."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.campaigns.queries import launching as queries
from marketplace.campaigns.services import launching, submitting
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor


def asked(campaign_id: UUID) -> tuple[int, int]:
    found = queries.count(campaign_id)
    db.session.rollback()
    return found.asked, found.pledged


def test_it_begins_at_its_hour_and_whoever_asked_is_told_once(
    world: World, hand: clock.Hand
) -> None:
    sponsor, person = a_person("Sponsor Sol"), a_person("Backer Bo")
    made = build.a_scheduled_campaign(sponsor.as_actor())
    world.deliver()
    assert build.campaign(made).state == "scheduled"
    assert "begins on" in build.subjects(sponsor.email)[-1]
    launching.wish_to_be_told(person.as_actor(), made, clock.now())
    launching.wish_to_be_told(person.as_actor(), made, clock.now())
    with pytest.raises(NotFound):
        build.place(made)

    hand.advance(days=9)
    assert launching.launch_due(clock.now()) == 0
    hand.advance(days=1)
    assert launching.launch_due(clock.now()) == 1
    assert launching.launch_due(clock.now()) == 0
    world.deliver()

    assert (build.campaign(made).state, build.campaign(made).launched_at) == ("live", clock.now())
    told = [subject for subject in build.subjects(person.email) if "has begun" in subject]
    assert len(told) == 1
    assert "is live" in build.subjects(sponsor.email)[-1]
    build.pledged(world, made, backer=person.as_actor())
    assert asked(made) == (1, 1)
    prove(world)


def test_its_sponsor_lets_it_begin_earlier_and_nobody_else_does(world: World) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_scheduled_campaign(sponsor)
    with pytest.raises(NotFound):
        launching.launch(an_actor("Eve"), made, clock.now())

    launching.launch(sponsor, made, clock.now())
    launching.launch(sponsor, made, clock.now())

    assert build.campaign(made).state == "live"


def test_taken_back_it_is_a_draft_again_and_can_be_seen_no_more(
    world: World, hand: clock.Hand
) -> None:
    sponsor, person = an_actor("Sponsor Sol"), a_person("Backer Bo")
    made = build.a_scheduled_campaign(sponsor)
    launching.wish_to_be_told(person.as_actor(), made, clock.now())

    submitting.withdraw(sponsor, made, clock.now())
    hand.advance(days=10)

    assert launching.launch_due(clock.now()) == 0
    with pytest.raises(NotFound):
        queries.upcoming(made)
    db.session.rollback()
    build.approved(made, sponsor)
    assert build.campaign(made).state == "live"  # its hour has passed meanwhile
    world.deliver()
    assert any("has begun" in subject for subject in build.subjects(person.email))


def test_an_hour_can_move_while_it_waits_but_not_beyond_its_deadline(
    world: World, hand: clock.Hand
) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_scheduled_campaign(sponsor)

    def plan(days: float) -> None:
        at = clock.now() + timedelta(days=days)
        launching.plan_launch(sponsor, made, launch_at=at, announced=True, now=clock.now())

    with pytest.raises(Refusal, match="launch_after_deadline"):
        plan(40)
    plan(20)
    hand.advance(days=10)
    assert launching.launch_due(clock.now()) == 0


def test_what_shows_itself_to_nobody_cannot_be_asked_about(world: World) -> None:
    sponsor, backer = an_actor("Sponsor Sol"), an_actor("Backer Bo")
    hidden, shown = (
        build.a_scheduled_campaign(sponsor, announced=False),
        build.a_scheduled_campaign(sponsor),
    )

    with pytest.raises(NotFound):
        launching.wish_to_be_told(backer, hidden, clock.now())
    launching.wish_to_be_told(backer, shown, clock.now())
    launching.forget_wish(backer, shown)

    assert asked(shown) == (0, 0)
