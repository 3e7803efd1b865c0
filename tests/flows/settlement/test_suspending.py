"""A suspended campaign: nothing of its money moves until it is lifted, or ended by two people."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.campaigns.queries import suspensions
from marketplace.campaigns.services import promising, suspending
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow import queries as escrow
from marketplace.escrow.services import dispatching
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, Refusal
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.disputes import balance
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_finance_officer, a_moderator, a_person, an_actor
from tests.builders.loans import onboard
from tests.builders.settling import settle

BROKE = "4000000000000341"  # saves well, has no money when it is charged


def suspend(campaign_id: UUID, moderator: Actor | None = None) -> Actor:
    moderator = moderator or a_moderator().as_actor()
    suspending.suspend(
        moderator, campaign_id, code="misleading", words="A drawing, no lamp.", now=clock.now()
    )
    return moderator


def end(campaign_id: UUID, first: Actor | None = None) -> None:
    """Two people end it."""
    first = first or suspend(campaign_id)
    suspending.propose_end(first, campaign_id, words="Nothing was shown.", now=clock.now())
    suspending.agree_to_end(a_finance_officer().as_actor(), campaign_id, clock.now())


def lift(campaign_id: UUID, moderator: Actor) -> None:
    suspending.lift(moderator, campaign_id, words="The lamp was shown.", now=clock.now())


def moved(subject_id: UUID) -> list[tuple[str, str]]:
    """What the provider was asked for, and how it went."""
    found = [(one.kind, one.state) for one in escrow.instructions_for(subject_id)]
    db.session.rollback()
    return [one for one in found if one[0] not in {"checkout", "setup"}]


class TestFreezing:
    def test_before_the_deadline_no_pledge_goes_in_or_out(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer = an_actor("Backer Bo")
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        paid = build.pledged(world, made, "100", backer=backer)
        waiting = build.place(made, "25")
        dispatching.dispatch(waiting.checkout_id)
        suspend(made)
        world.deliver()

        assert build.state_of(waiting.pledge_id) == "expired"
        with pytest.raises(Refusal, match="campaign_suspended"):
            build.place(made, "25")
        with pytest.raises(Refusal, match="campaign_suspended"):
            cancel_pledge(backer, paid, clock.now())
        hand.advance(days=6)
        settle(world)
        assert (build.campaign(made).state, build.state_of(paid)) == ("live", "held")
        assert moved(paid) == []
        prove(world)

    def test_lifted_after_the_deadline_it_is_decided_by_what_was_pledged_in_time(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        build.pledged(world, made, "100")
        moderator = suspend(made)
        hand.advance(days=6)
        lift(made, moderator)
        settle(world)

        assert build.campaign(made).state == "funded"
        prove(world)

    def test_a_payout_nobody_was_asked_for_yet_waits_and_is_planned_again(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor, goal=build.euros(100), days=5)
        build.pledged(world, made, "100")
        hand.advance(days=5)
        settle(world)
        moderator = suspend(made)
        onboard(world, sponsor)
        hand.advance(days=3)
        settle(world)
        assert moved(made) == [("transfer", "expired")]
        assert balance("sponsor:payable", made) == 9_500

        lift(made, moderator)
        world.deliver()
        build.arrive(world, hand)

        assert build.campaign(made).state == "paid_out"
        assert balance("sponsor:payable", made) == 0
        prove(world)

    def test_saved_cards_stand_still_and_get_their_days_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer = an_actor("Backer Bo")
        made = build.a_live_campaign(goal=build.euros(100), days=5, collection="deadline")
        build.promised(world, made, "100")
        broke = build.promised(world, made, "30", card=BROKE, backer=backer)
        hand.advance(days=5)
        settle(world)
        until = build.campaign(made).collect_until
        assert until is not None
        moderator = suspend(made)
        with pytest.raises(Refusal, match="campaign_suspended"):
            promising.open_repair(backer, broke, clock.now())
        hand.advance(days=9)
        settle(world)
        assert (build.campaign(made).state, build.state_of(broke)) == ("collecting", "declined")

        lift(made, moderator)

        assert build.campaign(made).collect_until == until + timedelta(days=9)
        promising.open_repair(backer, broke, clock.now())

    def test_what_may_be_held_no_longer_goes_back_all_the_same(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(200))
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        paid = build.pledged(world, made, "100")
        suspend(made)
        hand.advance(days=90)
        settle(world)
        build.arrive(world, hand)

        assert build.state_of(paid) == "refunded"
        prove(world)


class TestEnding:
    def test_two_people_end_it_and_every_backer_has_the_money_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(500))
        person = a_person("Backer Bo")
        tier = build.a_tier("25", 5)
        made = build.a_live_campaign(goal=build.euros(100), days=5, tiers=[tier])
        reward = build.reward_ids(made)[0]
        paid = build.pledged(world, made, "100", backer=person.as_actor(), reward_id=reward)
        first = suspend(made)
        world.deliver()
        end(made, first)
        world.deliver()
        build.arrive(world, hand)
        settle(world)

        assert (build.state_of(paid), build.campaign(made).state) == ("refunded", "refunded")
        assert build.campaign(made).suspended_at is None
        found = suspensions.latest(made)
        db.session.rollback()
        assert found is not None
        assert found.is_stopped
        assert any(
            "is suspended; your pledge is safe" in one for one in build.subjects(person.email)
        )
        assert "two of us decided it" in build.last_letter(person.email)
        prove(world)

    def test_what_was_only_promised_is_never_charged(self, world: World, hand: clock.Hand) -> None:
        person = a_person("Backer Bo")
        made = build.a_live_campaign(goal=build.euros(100), days=5, collection="deadline")
        promised = build.promised(world, made, "100", backer=person.as_actor())
        end(made)
        world.deliver()
        hand.advance(days=6)
        settle(world)

        assert (build.state_of(promised), build.campaign(made).state) == ("lapsed", "refunded")
        assert moved(promised) == []
        assert "your card stays untouched" in build.last_letter(person.email)
        prove(world)

    def test_after_the_success_our_fee_goes_back_too(self, world: World, hand: clock.Hand) -> None:
        a_top_up(build.euros(500))
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        paid = build.pledged(world, made, "100")
        hand.advance(days=5)
        settle(world)
        assert balance("fees:platform") == 500
        end(made)
        world.deliver()
        build.arrive(world, hand)
        settle(world)

        assert (build.state_of(paid), build.campaign(made).state) == ("refunded", "refunded")
        assert balance("fees:platform") == 0
        prove(world)

    def test_a_payment_that_comes_after_the_end_goes_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(500))
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        placed = build.place(made, "40")
        dispatching.dispatch(placed.checkout_id)
        world.pay(placed.checkout_id)  # its news is not heard yet
        end(made)
        world.deliver()
        build.arrive(world, hand)

        assert build.state_of(placed.pledge_id) == "refunded"
        prove(world)


class TestWhoMay:
    def test_nobody_ends_it_alone_or_decides_on_the_own_campaign(self, world: World) -> None:
        del world
        sponsor = an_actor("Sponsor Mo", role="moderator")
        made = build.a_live_campaign(sponsor)
        with pytest.raises(Refusal, match="own_campaign_decision"):
            suspend(made, sponsor)
        with pytest.raises(NotAllowed):
            suspend(made, a_finance_officer().as_actor())
        first = suspend(made)
        second = a_moderator("Second Mo").as_actor()
        with pytest.raises(Refusal, match="suspended_already"):
            suspend(made, second)
        with pytest.raises(Refusal, match="end_not_proposed"):
            suspending.agree_to_end(second, made, clock.now())
        suspending.propose_end(first, made, words="Nothing was shown.", now=clock.now())
        with pytest.raises(IllegalMove):
            suspending.propose_end(second, made, words="Me too.", now=clock.now())
        with pytest.raises(Refusal, match="end_needs_another"):
            suspending.agree_to_end(first, made, clock.now())
        with pytest.raises(Refusal, match="own_campaign_decision"):
            suspending.agree_to_end(sponsor, made, clock.now())
        lift(made, second)
        with pytest.raises(Refusal, match="not_suspended"):
            suspending.agree_to_end(second, made, clock.now())
        assert build.campaign(made).takes_pledges(clock.now())
