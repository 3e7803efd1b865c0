"""Late pledges: after the success, charged at once, released to the sponsor in daily sets."""

from __future__ import annotations

from uuid import UUID

import pytest

from marketplace.campaigns.rules.models import Ending
from marketplace.campaigns.rules.prices import Extras
from marketplace.campaigns.services import suspending
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow.services import dispatching
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.books import prove
from tests.builders.disputes import balance, decided, disputed
from tests.builders.escrow import World
from tests.builders.holdback import Success, parts_of, tranches_of
from tests.builders.identity import a_moderator, an_actor
from tests.builders.loans import onboard
from tests.builders.settling import settle_whole

LATE = Ending(late_days=30)


pytestmark = pytest.mark.usefixtures("reserve")


def a_success(world: World, hand: clock.Hand, *, paid: bool = True) -> Success:
    return holdback.a_success(world, hand, paid=paid, ending=LATE)


def late(world: World, found: Success, *, reward: bool = True) -> UUID:
    chosen = build.reward_ids(found.campaign_id)[0] if reward else None
    return build.pledged(world, found.campaign_id, "100.01", reward_id=chosen)


class TestPledging:
    def test_it_is_charged_at_once_and_no_part_of_what_was_raised(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = a_success(world, hand)
        before = build.campaign(found.campaign_id)

        made = late(world, found)

        after = build.campaign(found.campaign_id)
        assert build.pledge(made).is_late
        assert build.state_of(made) == "held"
        assert "It cannot be taken back" in _letters(made)
        assert (after.raised, after.backers) == (before.raised, before.backers)
        assert after.late_minor == 10_001
        prove(world)

    def test_saved_cards_end_with_the_campaign(self, world: World, hand: clock.Hand) -> None:
        made = build.a_live_campaign(
            goal=build.euros(100), days=5, collection="deadline", ending=LATE
        )
        build.promised(world, made, "100")
        hand.advance(days=5)
        for _round in range(2):
            runner.run(clock.now())
            dispatching.dispatch_due()
            world.deliver()
        assert build.campaign(made).state == "funded"

        pledge = build.pledge(build.pledged(world, made, "20"))

        assert (pledge.state, pledge.setup_id, pledge.is_later) == ("held", None, False)
        prove(world)

    def test_a_paid_one_stands_and_an_unpaid_one_can_be_dropped(
        self, world: World, hand: clock.Hand
    ) -> None:
        found, backer = a_success(world, hand), an_actor("Backer Late")
        paid = build.pledged(world, found.campaign_id, "10", backer=backer)
        unpaid = build.place(found.campaign_id, "10", backer=backer).pledge_id

        with pytest.raises(Refusal, match="cancel_too_late"):
            cancel_pledge(backer, paid, clock.now())
        with pytest.raises(Refusal, match="change_too_late"):
            build.place(found.campaign_id, "20", backer=backer, extras=Extras(replaces_id=paid))
        cancel_pledge(backer, unpaid, clock.now())

        assert build.state_of(unpaid) == "cancelled"

    def test_the_end_belongs_to_the_closed_side(self, world: World, hand: clock.Hand) -> None:
        found = a_success(world, hand)
        until = build.campaign(found.campaign_id).late_until
        assert until is not None
        hand.advance(seconds=(until - clock.now()).total_seconds() - 1)
        waiting = build.place(found.campaign_id, "10")
        dispatching.dispatch(waiting.checkout_id)
        hand.advance(seconds=1)

        with pytest.raises(Refusal, match="campaign_closed"):
            build.place(found.campaign_id, "10")

        assert build.pledge(waiting.pledge_id).expires_at == until

    def test_where_they_are_not_wanted_there_are_none(self, world: World, hand: clock.Hand) -> None:
        found = holdback.a_success(world, hand)

        with pytest.raises(Refusal, match="campaign_closed"):
            build.place(found.campaign_id, "10")


class TestReleasing:
    def test_a_days_set_is_divided_by_the_plan_and_paid_with_a_tranche(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = a_success(world, hand)
        with_reward, without = late(world, found), late(world, found, reward=False)
        runner.run(clock.now())
        assert build.state_of(with_reward) == "held"  # today's are released tomorrow

        assert "campaign.late" in settle_whole(world, hand, days=1)

        assert build.state_of(with_reward) == build.state_of(without) == "released"
        assert parts_of(with_reward) == [
            ("first", 7_001, "released"),
            ("inspection", 3_000, "held"),
        ]
        assert parts_of(without) == [("first", 10_001, "released")]
        assert tranches_of(found.campaign_id)[1:] == [("tranche", 17_002, 16_152, True)]
        assert balance("fees:platform") == 1_200 + 850
        assert balance("holdback:campaign", found.campaign_id) == 9_000
        assert "Late pledges" in " ".join(build.letters_of(found.sponsor))
        prove(world)

    def test_without_rewards_everything_is_paid_and_again_the_next_day(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        onboard(world, sponsor)
        made = build.a_live_campaign(sponsor, goal=build.euros(100), days=5, ending=LATE)
        build.pledged(world, made, "100")
        settle_whole(world, hand, days=5)
        for _day in range(2):
            build.pledged(world, made, "20")
            settle_whole(world, hand, days=1)

        paid = [(kind, gross, net) for kind, gross, net, _ended in tranches_of(made)]
        assert paid == [("first", 10_000, 9_500), *2 * [("tranche", 2_000, 1_900)]]
        prove(world)

    def test_it_waits_for_the_sponsors_first_payout_and_goes_back_with_all_others(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = a_success(world, hand, paid=False)
        made = late(world, found)
        settle_whole(world, hand, days=2)
        assert build.state_of(made) == "held"

        for _step in range(3):
            settle_whole(world, hand, days=45)

        assert build.campaign(found.campaign_id).state == "refunded"
        assert {build.state_of(each) for each in (*found.pledges, made)} == {"refunded"}
        prove(world)

    def test_nothing_moves_while_the_campaign_is_suspended(
        self, world: World, hand: clock.Hand
    ) -> None:
        found = a_success(world, hand)
        made = late(world, found)
        moderator = a_moderator().as_actor()
        suspending.suspend(
            moderator, found.campaign_id, code="other", words="We look.", now=clock.now()
        )

        settle_whole(world, hand, days=2)

        assert build.state_of(made) == "held"
        with pytest.raises(Refusal, match="campaign_suspended"):
            late(world, found)


class TestBanks:
    @pytest.mark.parametrize(("won", "end"), [(True, "released"), (False, "charged_back")])
    def test_one_that_is_held_is_taken_back_and_counts_again_when_that_was_wrong(
        self, world: World, hand: clock.Hand, *, won: bool, end: str
    ) -> None:
        found = a_success(world, hand)
        made = late(world, found)
        case = disputed(world, made)
        assert build.state_of(made) == "charged_back"

        decided(world, hand, case.id, won=won)
        settle_whole(world, hand, days=1)

        assert build.state_of(made) == end
        prove(world)


def _letters(pledge_id: UUID) -> str:
    """The latest letter to the backer of a pledge."""
    person = column("SELECT email FROM person WHERE id = %s", (build.pledge(pledge_id).backer_id,))
    db.session.rollback()
    return build.last_letter(person[0])
