"""What was promised changes only where a moderator lets it; who pledged before is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from marketplace.campaigns.rules.prices import Extras, terms_mark
from marketplace.campaigns.services import changing, reconfirming, suspending
from marketplace.infra.database import scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal
from marketplace.moderation.services import appealing, deciding
from marketplace.settlement import reconfirming as settlement
from tests.builders import campaigns as build
from tests.builders import changes as make
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor
from tests.builders.moderation import take_effect

EUR = build.euros


def case_of(change_id: UUID) -> UUID:
    sql = "SELECT id FROM moderation_case WHERE subject_id = %s"
    found = scalar(sql, (change_id,))
    assert isinstance(found, UUID)
    return found


def decide(world: World, hand: clock.Hand, change_id: UUID, outcome: str, words: str = "") -> UUID:
    """A moderator decides, and the ten seconds pass."""
    moderator = an_actor("Mo Derator", role="moderator")
    made = deciding.decide(
        moderator, case_of(change_id), outcome=outcome, words=words, now=clock.now()
    )
    take_effect(world, hand)
    return made


class TestProposing:
    def test_nothing_changes_until_a_moderator_lets_it_through(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor)
        change = make.a_proposal(sponsor, made, goal=EUR(600))
        assert build.campaign(made).goal == EUR(1000)

        decide(world, hand, change, "approve")

        assert build.campaign(made).goal == EUR(600)
        assert build.campaign(made).terms_at == clock.now()
        assert make.change(change).before == {"goal": 100_000}

    def test_the_same_again_is_the_same_and_another_one_has_to_wait(self, world: World) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor)
        change = make.a_proposal(sponsor, made, goal=EUR(600))

        assert make.a_proposal(sponsor, made, goal=EUR(600)) == change
        with pytest.raises(Refusal, match="change_stands"):
            make.a_proposal(sponsor, made, goal=EUR(500))
        changing.withdraw(sponsor, made, clock.now())
        assert make.a_proposal(sponsor, made, goal=EUR(500)) != change
        assert make.change(change).state == "withdrawn"

    def test_what_was_written_is_cleaned_and_somebody_elses_campaign_is_not_found(
        self, world: World
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor)
        with pytest.raises(NotFound):
            make.a_proposal(an_actor("Eve"), made, goal=EUR(600))

        change = make.a_proposal(sponsor, made, story=build.STORY + "<script>steal()</script>.")

        assert "script" not in make.change(change).after["story"]

    def test_no_more_than_five_days_before_the_end_nothing_can_change(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor, days=10)
        hand.advance(days=5, seconds=1)

        with pytest.raises(Refusal, match="deadline_leaves_no_time"):
            make.a_proposal(sponsor, made, goal=EUR(600))
        make.a_proposal(sponsor, made, deadline=clock.now() + timedelta(days=20))


class TestDeciding:
    def test_what_is_refused_stays_as_it_was_and_the_sponsor_reads_why(
        self, world: World, hand: clock.Hand
    ) -> None:
        person = a_person("Sponsor Sol")
        made = build.a_live_campaign(person.as_actor())
        change = make.a_proposal(person.as_actor(), made, goal=EUR(600))

        decide(world, hand, change, "refuse", "Say what is left out of the kiln.")

        assert (build.campaign(made).goal, make.change(change).state) == (EUR(1000), "refused")
        assert "left out of the kiln" in build.last_letter(person.email)

    def test_an_appeal_puts_it_in_force_after_all(self, world: World, hand: clock.Hand) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor)
        change = make.a_proposal(sponsor, made, goal=EUR(600))
        refused = decide(world, hand, change, "refuse", "No.")
        appealing.appeal(sponsor, refused, words="It was in the story.", now=clock.now())

        decide(world, hand, refused, "overturn", "It was.")

        assert (build.campaign(made).goal, make.change(change).state) == (EUR(600), "asking")

    def test_one_that_comes_too_late_or_to_something_suspended_lapses(
        self, world: World, hand: clock.Hand
    ) -> None:
        person = a_person("Sponsor Sol")
        made = build.a_live_campaign(person.as_actor(), days=10)
        change = make.a_proposal(person.as_actor(), made, goal=EUR(600))
        hand.advance(days=6)
        decide(world, hand, change, "approve")
        assert (build.campaign(made).goal, make.change(change).state) == (EUR(1000), "lapsed")
        assert "came too late" in build.subjects(person.email)[-1]

        other = build.a_live_campaign(person.as_actor())
        change = make.a_proposal(person.as_actor(), other, goal=EUR(600))
        moderator = an_actor("Mo Derator", role="moderator")
        suspending.suspend(moderator, other, code="other", words="We look.", now=clock.now())
        decide(world, hand, change, "approve")
        assert make.change(change).state == "lapsed"

    def test_the_deadline_ends_a_proposal_nobody_has_decided(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor, days=10)
        change = make.a_proposal(sponsor, made, goal=EUR(600))
        hand.advance(days=10)

        settlement.look_after(clock.now())

        assert make.change(change).state == "lapsed"
        assert scalar("SELECT state FROM moderation_case WHERE subject_id = %s", (change,)) == (
            "closed"
        )

    def test_nobody_lets_their_own_change_through(self, world: World) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor)
        change = make.a_proposal(sponsor, made, goal=EUR(600))

        with pytest.raises(NotAllowed):
            changing.approve(an_actor("Eve"), change, clock.now())
        with pytest.raises(Refusal, match="own_campaign_decision"):
            changing.approve(
                replace(sponsor, roles=sponsor.roles | {"moderator"}), change, clock.now()
            )


class TestAsking:
    def test_only_backers_of_the_reward_that_comes_later_are_asked_and_agree_to_that_month(
        self, world: World
    ) -> None:
        sponsor, backer = an_actor("Sponsor Sol"), an_actor("Backer Bo")
        made = build.a_live_campaign(sponsor, tiers=[build.a_tier("25"), build.a_tier("50")])
        later, other = build.reward_ids(made)
        touched = build.pledged(world, made, "25", backer=backer, reward_id=later)
        untouched = build.pledged(world, made, "50", reward_id=other)
        without = build.pledged(world, made, "10")

        make.a_change(sponsor, made, deliveries={later: date(2028, 1, 1)})
        assert [make.asked(each) is None for each in (touched, untouched, without)] == [
            *(False, True, True)
        ]
        assert build.pledge(touched).reward_delivery == date(2027, 3, 1)

        reconfirming.answer(backer, touched, stays=True, now=clock.now())
        assert build.pledge(touched).reward_delivery == date(2028, 1, 1)

    def test_other_words_for_the_same_ask_nobody(self, world: World) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor)
        pledge = build.pledged(world, made)
        story = build.STORY.replace("nine of them", "nine of these")
        change = make.a_change(sponsor, made, story=story, is_wording=True)

        settlement.look_after(clock.now())

        assert make.asked(pledge) is None
        assert make.change(change).state == "done"

    def test_who_paid_between_proposal_and_approval_is_asked_and_so_is_who_was_paying(
        self, world: World
    ) -> None:
        sponsor, person = an_actor("Sponsor Sol"), a_person("Backer Bo")
        made = build.a_live_campaign(sponsor)
        change = make.a_proposal(sponsor, made, goal=EUR(600))
        between = build.pledged(world, made)
        paying = build.place(made, backer=person.as_actor())
        changing.approve(an_actor("Mo Derator", role="moderator"), change, clock.now())
        after = build.pledged(world, made)

        build.pay(world, paying)
        world.deliver()

        assert make.asked(between) is not None
        assert make.asked(paying.pledge_id) is not None
        assert make.asked(after) is None
        assert any("do you stay?" in each for each in build.subjects(person.email))

    def test_a_page_shown_before_the_change_is_not_agreed_to_any_more(self, world: World) -> None:
        sponsor, backer = an_actor("Sponsor Sol"), an_actor("Backer Bo")
        made = build.a_live_campaign(sponsor)
        seen = Extras(shown=EUR(25), terms=terms_mark(build.campaign(made).terms_at))
        make.a_change(sponsor, made, goal=EUR(600))

        with pytest.raises(Refusal, match="terms_moved"):
            build.place(made, backer=backer, extras=seen)
        now_seen = replace(seen, terms=terms_mark(build.campaign(made).terms_at))
        build.place(made, backer=backer, extras=now_seen)
