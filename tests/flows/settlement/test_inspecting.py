"""What is held back of a funded campaign: accepted, objected to, decided, or at its last day."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import pytest

from marketplace.campaigns.queries import parts
from marketplace.campaigns.rules.parts import Share
from marketplace.campaigns.services import (
    inspecting,
    milestones,
    objecting,
    release_plan,
    suspending,
)
from marketplace.campaigns.states.parts import PartKind
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, NotFound, Refusal
from marketplace.settlement import inspecting as settlement
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.books import prove
from tests.builders.disputes import balance, decided, disputed, recoveries
from tests.builders.escrow import World
from tests.builders.holdback import Success, fulfilment_of, parts_of, tranches_of
from tests.builders.identity import an_actor
from tests.builders.loans import onboard
from tests.builders.races import outcomes
from tests.builders.settling import settle_whole

pytestmark = pytest.mark.usefixtures("reserve")


def money(found: Success) -> tuple[int, int, int]:
    """What is held back, payable, and what the house has earned."""
    return (
        balance("holdback:campaign", found.campaign_id),
        balance("sponsor:payable", found.campaign_id),
        balance("fees:platform"),
    )


class TestTheSuccess:
    def test_seven_tenths_are_paid_and_three_wait_where_there_is_something_to_inspect(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand, paid=False)

        assert money(found) == (6_000, 22_800, 1_200)
        assert parts_of(found.first) == [
            ("first", 7_000, "released"),
            ("inspection", 3_000, "held"),
        ]
        assert parts_of(found.pledges[2]) == [("first", 10_000, "released")]
        assert [fulfilment_of(each) for each in found.pledges[:2]] == ["to_ship", "to_ship"]
        assert tranches_of(found.campaign_id) == [("first", 24_000, 22_800, True)]
        assert build.campaign(found.campaign_id).net_minor == 28_500
        prove(world)

    def test_the_letters_about_it_say_that_a_part_stays_held(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand, paid=False)
        world.work()

        for reader, sentence in (
            (found.sponsor, "what you promised to be held stays held until your backers have it"),
            (found.backer, "The money goes to the sponsor in the parts that its page shows"),
        ):
            assert sentence in " ".join(build.last_letter(build.address(reader)).split())

    def test_the_letter_about_the_payout_tells_what_was_paid(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)

        assert "EUR 228.00 is on its way to your bank" in build.letters_of(found.sponsor)

    def test_without_rewards_everything_is_paid_at_once(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        pledge_id = build.pledged(world, made, "100")
        hand.advance(days=5)

        runner.run(clock.now())

        assert parts_of(pledge_id) == []
        assert balance("sponsor:payable", made) == 9_500
        prove(world)


class TestAccepting:
    def test_the_share_is_the_sponsors_and_goes_out_with_the_days_tranche(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)
        holdback.ship(found)

        for backer, pledge_id in zip(found.backers[:2], found.pledges[:2], strict=True):
            inspecting.accept(backer, pledge_id, clock.now())
            inspecting.accept(backer, pledge_id, clock.now())
        world.work()

        assert money(found) == (0, 5_700, 1_500)
        assert fulfilment_of(found.first) == "accepted"
        settle_whole(world, hand, days=1)
        assert tranches_of(found.campaign_id)[1:] == [("tranche", 6_000, 5_700, True)]
        assert money(found) == (0, 0, 1_500)
        assert build.campaign(found.campaign_id).fulfilled_at is not None
        prove(world)

    def test_silence_accepts_when_the_time_is_over_and_not_before(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)
        holdback.ship(found, found.first)

        hand.advance(days=13.9)
        runner.run(clock.now())
        assert fulfilment_of(found.first) == "shipped"
        hand.advance(days=0.1)
        runner.run(clock.now())

        assert fulfilment_of(found.first) == "auto_accepted"
        assert parts_of(found.first)[1] == ("inspection", 3_000, "released")
        assert parts_of(found.pledges[1])[1] == ("inspection", 3_000, "held")
        prove(world)

    def test_somebody_elses_parcel_is_nobodys_to_accept(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand, paid=False)

        with pytest.raises(NotFound):
            inspecting.accept(found.backers[1], found.first, clock.now())

    def test_nothing_moves_while_the_campaign_is_suspended(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)
        holdback.ship(found)
        moderator, made = an_actor("Mo Derator", role="moderator"), found.campaign_id
        suspending.suspend(moderator, made, code="other", words="We look.", now=clock.now())

        inspecting.accept(found.backer, found.first, clock.now())
        settle_whole(world, hand, days=15)

        assert money(found)[:2] == (6_000, 0)
        assert fulfilment_of(found.pledges[1]) == "shipped"
        suspending.lift(moderator, made, words="All is well.", now=clock.now())
        runner.run(clock.now())
        assert money(found)[0] == 0
        prove(world)

    def test_two_people_who_end_it_send_back_what_is_held(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)
        moderator, officer = (
            an_actor("Mo Derator", role="moderator"),
            an_actor("Fin Officer", role="finance_officer"),
        )
        now = clock.now()
        suspending.suspend(moderator, found.campaign_id, code="misleading", words="Gone.", now=now)
        suspending.propose_end(moderator, found.campaign_id, words="Nobody answers.", now=now)
        suspending.agree_to_end(officer, found.campaign_id, now)

        settle_whole(world, hand)

        assert parts_of(found.first)[1] == ("inspection", 3_000, "returned")
        assert fulfilment_of(found.first) == "void"
        assert money(found)[0] == 0
        prove(world)


class Outcome(NamedTuple):
    """What becomes of a delivery, of its share, and what the house has earned by then."""

    state: str
    shares: list[tuple[str, int, str]]
    earned: int


class TestObjecting:
    def test_what_is_objected_to_stays_held_whatever_time_passes(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)
        holdback.ship(found)

        holdback.objected(found)
        settle_whole(world, hand, days=20)

        assert fulfilment_of(found.first) == "objected"
        assert parts_of(found.first)[1] == ("inspection", 3_000, "held")
        assert fulfilment_of(found.pledges[1]) == "auto_accepted"
        prove(world)

    def test_accepting_after_all_takes_it_back(self, world: World, hand: clock.Hand) -> None:
        found = holdback.a_success(world, hand)
        holdback.ship(found)
        objection = holdback.objected(found)

        inspecting.accept(found.backer, found.first, clock.now())
        world.work()

        assert parts_of(found.first)[1] == ("inspection", 3_000, "released")
        with pytest.raises(IllegalMove):
            holdback.decided(objection, 0)
        prove(world)

    @pytest.mark.parametrize(
        ("back", "decided"),
        [
            (3_000, Outcome("returned", [("inspection", 3_000, "returned")], 1_200)),
            (0, Outcome("released", [("inspection", 3_000, "released")], 1_350)),
            (
                1_001,
                Outcome(
                    "partly_released",
                    [("inspection", 1_999, "released"), ("inspection", 1_001, "returned")],
                    1_300,
                ),
            ),
        ],
    )
    def test_two_people_decide_what_goes_back_and_what_is_the_sponsors(
        self, world: World, hand: clock.Hand, back: int, decided: Outcome
    ) -> None:
        found = holdback.a_success(world, hand)
        holdback.ship(found, found.first)

        holdback.decided(holdback.objected(found), back)
        world.work()
        build.arrive(world, hand)

        assert fulfilment_of(found.first) == decided.state
        assert parts_of(found.first)[1:] == decided.shares
        assert money(found)[0::2] == (3_000, decided.earned)
        prove(world)

    def test_while_the_sponsor_is_unpaid_nothing_goes_back_in_part(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand, paid=False)
        holdback.ship(found, found.first)

        holdback.decided(holdback.objected(found), 3_000)
        world.work()
        assert fulfilment_of(found.first) == "objected"
        onboard(world, found.sponsor)
        build.arrive(world, hand)
        settle_whole(world, hand)

        assert parts_of(found.first)[1] == ("inspection", 3_000, "returned")
        prove(world)

    def test_a_card_that_takes_nothing_back_leaves_it_in_the_wallet(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand, card="4000000000005126")
        holdback.ship(found, found.first)

        holdback.decided(holdback.objected(found), 3_000)
        world.work()
        build.arrive(world, hand)

        assert parts_of(found.first)[1] == ("inspection", 3_000, "returned")
        assert balance("person:wallet", found.backer.known()) == 3_000
        prove(world)

    def test_too_early_too_late_and_where_nothing_is_held_it_is_refused(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)

        with pytest.raises(Refusal, match="not_due_yet"):
            holdback.objected(found, "not_received")
        with pytest.raises(Refusal, match="objection_code_missing"):
            holdback.objected(found, "")
        holdback.ship(found)
        inspecting.accept(found.backer, found.first, clock.now())
        with pytest.raises(Refusal, match=r"nothing_held_back|illegal_move"):
            holdback.objected(found)
        hand.advance(days=14)
        with pytest.raises(Refusal, match="inspection_over"):
            inspecting.object_to(
                found.backers[1], found.pledges[1], code="damaged", words="Late.", form_key="k",
                now=clock.now(),
            )  # fmt: skip

    def test_nobody_decides_alone_or_in_a_case_of_their_own(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)
        holdback.ship(found)
        objection, now = holdback.objected(found), clock.now()
        both = Actor(an_actor("Mo Fin", role="moderator").person_id,
                     frozenset({"moderator", "finance_officer"}))  # fmt: skip
        propose = partial(objecting.propose, reason="The picture shows it.", now=now)

        with pytest.raises(NotAllowed):
            propose(found.sponsor, objection, back_minor=3_000)
        with pytest.raises(Refusal, match="back_outside_held"):
            propose(both, objection, back_minor=3_001)
        propose(both, objection, back_minor=3_000)
        with pytest.raises(Refusal, match="same_person"):
            objecting.agree(both, objection, now)
        objecting.refuse(an_actor("Fin", role="finance_officer"), objection, now)
        with pytest.raises(IllegalMove):
            objecting.agree(an_actor("Fin", role="finance_officer"), objection, now)
        mine = Actor(found.sponsor.person_id, frozenset({"moderator"}))
        with pytest.raises(Refusal, match="own_case"):
            propose(mine, objection, back_minor=3_000)


class TestMilestones:
    @staticmethod
    def planned(sponsor: Actor, campaign_id: UUID) -> None:
        release_plan.write_plan(
            sponsor,
            campaign_id,
            first_bps=5_000,
            milestones=[Share(PartKind.MILESTONE, 2_000, "Moulds cut", date(2027, 1, 1))],
            now=clock.now(),
        )

    @pytest.fixture
    def found(self, world: World, hand: clock.Hand) -> Success:
        return holdback.a_success(world, hand, plan=self.planned)

    @staticmethod
    def milestone(found: Success) -> UUID:
        part = parts.plan(found.campaign_id)[1].id
        db.session.rollback()
        return part

    def claim(self, found: Success) -> UUID:
        part = self.milestone(found)
        milestones.claim(
            found.sponsor, found.campaign_id, part, evidence="<p>Cut.</p>", now=clock.now()
        )
        return part

    def claimed_and_objected(self, found: Success, *, other: int) -> UUID:
        """What the first backer says against what was claimed; another says the same."""
        part = self.claim(found)
        object_to = partial(milestones.object_to, form_key="k", now=clock.now())
        first = object_to(found.backer, found.first, part, words="There is no mould.")
        object_to(found.backers[other], found.pledges[other], part, words="I see none either.")
        return first

    def test_what_nobody_objects_to_for_a_week_is_the_sponsors(
        self, world: World, hand: clock.Hand, found: Success
    ) -> None:
        assert money(found)[0] == 12_000
        self.claim(found)

        hand.advance(days=7)
        runner.run(clock.now())

        assert money(found)[0] == 6_000
        assert parts_of(found.first)[1] == ("milestone", 2_000, "released")
        assert parts_of(found.pledges[2])[1] == ("milestone", 2_000, "released")
        prove(world)

    def test_an_objection_that_is_right_makes_it_a_plan_again(
        self, world: World, hand: clock.Hand, found: Success
    ) -> None:
        first = self.claimed_and_objected(found, other=2)

        self.judge(first, upheld=True)
        world.work()
        settle_whole(world, hand, days=8)

        assert parts.plan(found.campaign_id)[1].state == "planned"
        assert money(found)[0] == 12_000
        self.claim(found)
        prove(world)

    def test_one_that_is_wrong_or_taken_back_does_not_keep_it(
        self, world: World, hand: clock.Hand, found: Success
    ) -> None:
        first = self.claimed_and_objected(found, other=1)
        hand.advance(days=8)
        runner.run(clock.now())
        assert parts.plan(found.campaign_id)[1].state == "objected"

        self.judge(first, upheld=False)
        milestones.withdraw(found.backers[1], found.pledges[1], self.milestone(found), clock.now())
        runner.run(clock.now())

        assert parts.plan(found.campaign_id)[1].state == "granted"
        assert money(found)[0] == 6_000
        prove(world)

    @staticmethod
    def judge(objection_id: UUID, *, upheld: bool) -> None:
        moderator = an_actor("Mo Derator", role="moderator")
        officer = an_actor("Fin Officer", role="finance_officer")
        objecting.propose(moderator, objection_id, reason="Seen.", upheld=upheld, now=clock.now())
        objecting.agree(officer, objection_id, clock.now())


class TestTheLastDay:
    def test_what_was_sent_or_is_not_due_is_the_sponsors_the_rest_goes_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)
        hand.advance(days=60)
        runner.run(clock.now())
        holdback.ship(found, found.first)
        objection = holdback.objected(found)
        holdback.ship(found, found.pledges[1])

        settle_whole(world, hand, days=17)
        settle_whole(world, hand, days=1)

        assert parts_of(found.first)[1] == ("inspection", 3_000, "returned")
        assert parts_of(found.pledges[1])[1] == ("inspection", 3_000, "released")
        assert [fulfilment_of(each) for each in found.pledges[:2]] == ["returned", "auto_accepted"]
        assert money(found)[0] == 0
        with pytest.raises(IllegalMove):
            holdback.decided(objection, 0)
        prove(world)

    def test_a_sponsor_who_was_never_paid_gets_nothing_and_everybody_everything(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand, paid=False)
        holdback.ship(found, found.first)
        inspecting.accept(found.backer, found.first, clock.now())
        world.work()

        hand.advance(days=83)
        runner.run(clock.now())
        build.arrive(world, hand)

        assert [build.state_of(each) for each in found.pledges] == ["refunded"] * 3
        assert money(found) == (0, 0, 0)
        assert [fulfilment_of(each) for each in found.pledges[:2]] == ["accepted", "void"]
        prove(world)

    def test_a_tranche_nobody_takes_is_in_the_sponsors_wallet_and_then_stranded(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)
        world.restrict(found.sponsor.known())
        world.deliver()
        holdback.ship(found)
        settle_whole(world, hand, days=15)
        assert tranches_of(found.campaign_id)[1:] == [("tranche", 6_000, 5_700, False)]

        settle_whole(world, hand, days=62)
        settle_whole(world, hand, days=1)

        assert money(found)[1] == 0
        assert balance("suspense") == 5_700
        prove(world)


class TestChargebacks:
    def test_what_is_held_of_the_pledge_goes_first_and_the_rest_as_it_was_divided(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)

        dispute = disputed(world, found.first)

        taken = {each.route: each.amount_minor for each in recoveries(dispute.id)}
        assert taken == {"holdback": 3_000, "fee": 350, "reversal": 6_650}
        assert {state for _kind, _minor, state in parts_of(found.first)} == {"charged_back"}
        assert fulfilment_of(found.first) == "void"
        assert money(found)[0] == 3_000
        prove(world)

    def test_won_it_is_held_again_and_owed_again(self, world: World, hand: clock.Hand) -> None:
        found = holdback.a_success(world, hand)
        holdback.ship(found, found.first)
        dispute = disputed(world, found.first)

        decided(world, hand, dispute.id, won=True)

        assert parts_of(found.first) == [
            ("first", 7_000, "released"),
            ("inspection", 3_000, "held"),
        ]
        assert fulfilment_of(found.first) == "shipped"
        assert money(found)[0] == 6_000
        prove(world)

    def test_a_part_that_went_back_is_not_taken_from_anybody_again(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)
        holdback.ship(found, found.first)
        holdback.decided(holdback.objected(found), 3_000)
        world.work()
        build.arrive(world, hand)

        dispute = disputed(world, found.first)

        taken = {each.route: each.amount_minor for each in recoveries(dispute.id)}
        assert taken == {"fee": 350, "reversal": 6_650}
        assert money(found)[0] == 3_000
        prove(world)


@pytest.mark.race
class TestTheSameMoment:
    def test_of_accepting_and_objecting_one_comes_first_and_the_share_moves_once(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = holdback.a_success(world, hand)
        holdback.ship(found)
        now = clock.now()

        told = outcomes(
            world,
            [
                lambda: inspecting.accept(found.backer, found.first, now),
                lambda: holdback.objected(found),
                lambda: settlement.look_at(found.campaign_id, now + timedelta(days=14)),
            ],
        )
        runner.run(clock.now())

        assert told["done"] >= 2
        kept = fulfilment_of(found.first)
        assert kept in {"accepted", "auto_accepted", "objected"}
        share = parts_of(found.first)[1]
        assert share == ("inspection", 3_000, "held" if kept == "objected" else "released")
        prove(world)
