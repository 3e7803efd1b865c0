"""Who does not stay after a change gets everything back, before the campaign is decided."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace.campaigns.services import reconfirming, suspending
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from tests.builders import campaigns as build
from tests.builders import changes as make
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_person, an_actor
from tests.builders.settling import settle

EUR = build.euros


def test_who_leaves_or_says_nothing_is_refunded_whole_and_who_stays_is_released(
    world: World, hand: clock.Hand
) -> None:
    a_top_up(EUR(500))
    sponsor, person = an_actor("Sponsor Sol"), a_person("Backer Bo")
    made = build.a_live_campaign(sponsor, goal=EUR(300), days=10, tiers=[build.a_tier("50", 10)])
    tier = build.reward_ids(made)[0]
    stayer, leaver = an_actor("Backer Si"), an_actor("Backer Le")
    stays = build.pledged(world, made, "100", backer=stayer, reward_id=tier)
    leaves = build.pledged(world, made, "60", backer=leaver, reward_id=tier)
    silent = build.pledged(world, made, "70", backer=person.as_actor(), reward_id=tier)
    make.a_change(sponsor, made, goal=EUR(100), deadline=clock.now() + timedelta(days=9))
    world.deliver()

    reconfirming.answer(stayer, stays, stays=True, now=clock.now())
    reconfirming.answer(leaver, leaves, stays=False, now=clock.now())
    world.deliver()
    assert build.pledge(leaves).refund_reason == "not_reconfirmed"
    prove(world)
    hand.advance(days=4)
    settle(world)
    assert "A day left" in build.subjects(person.email)[-1]
    hand.advance(days=1)
    settle(world)
    assert (build.state_of(silent), build.campaign(made).raised) == ("refunded", EUR(100))
    prove(world)

    hand.advance(days=4)
    settle(world)
    build.arrive(world, hand)
    settle(world)

    assert build.campaign(made).state == "funded"
    assert [build.state_of(each) for each in (stays, leaves, silent)] == [
        *("released", "refunded", "refunded")
    ]
    assert "changed after you had pledged" in build.last_letter(person.email)
    prove(world)


def test_a_card_that_was_only_saved_is_never_charged_for_what_was_not_agreed_to(
    world: World, hand: clock.Hand
) -> None:
    sponsor, person = an_actor("Sponsor Sol"), a_person("Backer Bo")
    made = build.a_live_campaign(
        sponsor, goal=EUR(200), days=6, collection="deadline", tiers=[build.a_tier("50", 10)]
    )
    tier = build.reward_ids(made)[0]
    stayer = an_actor("Backer Si")
    stays = build.promised(world, made, "100", backer=stayer, reward_id=tier)
    silent = build.promised(world, made, "50", backer=person.as_actor(), reward_id=tier)
    make.a_change(sponsor, made, goal=EUR(100))
    reconfirming.answer(stayer, stays, stays=True, now=clock.now())
    hand.advance(days=6)  # both are over when the next run comes: first who is not there is let go

    settle(world)

    assert (build.state_of(silent), build.pledge(silent).charges) == ("lapsed", 0)
    assert build.state_of(stays) == "held"
    settle(world)
    assert build.campaign(made).state == "funded"
    letters = build.letters_of(person.as_actor())
    assert any("has ended" in subject for subject in letters)
    prove(world)


def test_an_answer_can_become_leaving_but_not_come_back_and_ends_with_its_time(
    world: World, hand: clock.Hand
) -> None:
    sponsor, backer = an_actor("Sponsor Sol"), an_actor("Backer Bo")
    made = build.a_live_campaign(sponsor, days=10)
    pledge = build.pledged(world, made, backer=backer)
    with pytest.raises(NotFound):
        reconfirming.answer(backer, pledge, stays=True, now=clock.now())
    make.a_change(sponsor, made, goal=EUR(600))
    with pytest.raises(NotFound):
        reconfirming.answer(an_actor("Eve"), pledge, stays=False, now=clock.now())

    reconfirming.answer(backer, pledge, stays=True, now=clock.now())
    reconfirming.answer(backer, pledge, stays=False, now=clock.now())
    reconfirming.answer(backer, pledge, stays=False, now=clock.now())
    world.deliver()

    with pytest.raises(Refusal, match="answer_not_asked"):
        reconfirming.answer(backer, pledge, stays=True, now=clock.now())
    late = build.pledged(world, made, backer=backer)
    settle(world)
    make.a_change(sponsor, made, goal=EUR(500))
    hand.advance(days=5)
    with pytest.raises(Refusal, match="answer_too_late"):
        reconfirming.answer(backer, late, stays=True, now=clock.now())


def test_while_a_campaign_is_suspended_nobody_is_let_go_and_it_is_made_up_for_before_its_end(
    world: World, hand: clock.Hand
) -> None:
    a_top_up(EUR(200))
    sponsor = an_actor("Sponsor Sol")
    made = build.a_live_campaign(sponsor, goal=EUR(200), days=6)
    pledge = build.pledged(world, made, "150")
    make.a_change(sponsor, made, goal=EUR(100))
    moderator = an_actor("Mo Derator", role="moderator")
    suspending.suspend(moderator, made, code="other", words="We look.", now=clock.now())
    hand.advance(days=7)
    settle(world)
    assert build.state_of(pledge) == "held"

    suspending.lift(moderator, made, words="All is well.", now=clock.now())
    settle(world)

    assert build.pledge(pledge).refund_reason == "not_reconfirmed"
    assert build.campaign(made).state in {"unfunded", "refunded"}
    prove(world)
