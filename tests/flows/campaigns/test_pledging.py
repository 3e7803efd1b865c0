"""Making a pledge, and what becomes of its payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from marketplace.campaigns import handlers
from marketplace.campaigns.queries import pledges, rewards
from marketplace.campaigns.services import drafting, pledging
from marketplace.campaigns.services.placing import Placed
from marketplace.escrow import queries as escrow
from marketplace.escrow.events import CheckoutPaid
from marketplace.escrow.services import dispatching
from marketplace.infra import mail, transitions
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import ANONYMOUS
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_person, an_actor


def taken(campaign_id: UUID) -> list[int]:
    found = [reward.taken for reward in rewards.of_campaign(campaign_id)]
    db.session.rollback()
    return found


def count() -> int:
    found = int(scalar("SELECT count(*) FROM pledge"))
    db.session.rollback()
    return found


def in_escrow(campaign_id: UUID) -> int:
    found = ledger.balances_of("escrow:campaign", [campaign_id])[campaign_id]
    db.session.rollback()
    return found.posted_minor


@pytest.mark.usefixtures("world")
class TestPlacing:
    def test_it_waits_for_its_payment_and_takes_its_reward(self) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25", 3)])
        (reward,) = build.reward_ids(made)

        placed = build.place(made, "30", reward_id=reward)

        found = pledges.pledge(placed.pledge_id)
        assert (found.state, found.amount) == ("awaiting_payment", build.euros(30))
        assert (found.reward_title, found.expires_at) == (
            "One lamp",
            clock.now() + timedelta(minutes=30),
        )
        planned = escrow.instruction(placed.checkout_id)
        assert (planned.kind, planned.state, planned.amount) == (
            "checkout",
            "planned",
            build.euros(30),
        )
        assert taken(made) == [1]
        assert build.campaign(made).raised_minor == 0

    def test_the_same_form_sent_twice_is_one_pledge_and_no_error(self) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25", 3)])
        (reward,), backer = build.reward_ids(made), an_actor("Backer Bo")

        first = build.place(made, "30", backer=backer, reward_id=reward, key="k")
        second = build.place(made, "30", backer=backer, reward_id=reward, key="k")

        assert first == second
        assert (count(), taken(made)) == (1, [1])

    def test_the_same_form_sent_again_after_the_deadline_still_finds_its_pledge(
        self, hand: clock.Hand
    ) -> None:
        made, backer = build.a_live_campaign(days=5), an_actor("Backer Bo")
        first = build.place(made, backer=backer, key="k")
        hand.advance(days=6)

        assert build.place(made, backer=backer, key="k") == first

    def test_the_same_key_of_two_people_is_two_pledges(self) -> None:
        made = build.a_live_campaign()

        assert build.place(made, key="k").pledge_id != build.place(made, key="k").pledge_id

    def test_one_second_before_the_deadline_it_is_taken(self, hand: clock.Hand) -> None:
        made = build.a_live_campaign(days=5)
        hand.advance(days=5, seconds=-1)

        placed = build.place(made)

        assert pledges.pledge(placed.pledge_id).expires_at == build.campaign(made).deadline

    @pytest.mark.parametrize("seconds", [0, 1])
    def test_at_the_deadline_and_a_second_after_it_is_refused(
        self, hand: clock.Hand, seconds: int
    ) -> None:
        made = build.a_live_campaign(days=5)
        hand.advance(days=5, seconds=seconds)

        with pytest.raises(Refusal, match="campaign_closed"):
            build.place(made)
        assert count() == 0

    @pytest.mark.parametrize(
        ("amount", "code"),
        [
            (Money(99, "EUR"), "pledge_too_small"),
            (Money(1_000_001, "EUR"), "pledge_too_large"),
            (Money(2_500, "USD"), "currency_other"),
            (Money(2_499, "EUR"), "below_reward"),
        ],
    )
    def test_a_bad_amount_takes_nothing_off_the_shelf(self, amount: Money, code: str) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25", 3)])
        (reward,) = build.reward_ids(made)

        with pytest.raises(Refusal, match=code):
            build.place(made, amount, reward_id=reward)
        assert (count(), taken(made)) == (0, [0])

    def test_a_sponsor_cannot_pledge_to_the_own_campaign(self) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor)

        with pytest.raises(Refusal, match="own_campaign"):
            build.place(made, backer=sponsor)

    def test_a_reward_that_is_gone_is_refused_and_the_others_stand(self) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25", 1), build.a_tier("30", 1)])
        first, second = build.reward_ids(made)
        build.place(made, "25", reward_id=first)

        with pytest.raises(Refusal, match="reward_gone"):
            build.place(made, "25", reward_id=first)
        build.place(made, "30", reward_id=second)

        assert taken(made) == [1, 1]

    def test_rewards_and_campaigns_of_elsewhere_do_not_exist(self) -> None:
        made = build.a_live_campaign()
        other = build.a_live_campaign(tiers=[build.a_tier()])
        (foreign,) = build.reward_ids(other)
        hidden = build.a_draft()

        for campaign, reward in (
            (made, foreign),
            (made, uuid4()),
            (uuid4(), None),
            (hidden, None),
        ):
            with pytest.raises(NotFound):
                build.place(campaign, reward_id=reward)
        with pytest.raises(NotAllowed):
            build.place(made, backer=ANONYMOUS)
        assert count() == 0


class TestPaying:
    def test_a_paid_pledge_is_held_counted_and_receipted(self, world: World) -> None:
        made, backer = build.a_live_campaign(), a_person("Backer Bo")

        pledge = build.pledged(world, made, "33.33", backer=backer.as_actor())

        found = build.campaign(made)
        assert build.state_of(pledge) == "held"
        assert (found.raised_minor, found.backers, in_escrow(made)) == (3_333, 1, 3_333)
        assert build.subjects(backer.email) == [
            "Your pledge of EUR\xa033.33 to “A lamp for every window” is held".replace("\xa0", " ")
        ]
        assert "1,000.00" in (mail.last_for(backer.email) or "")
        prove(world)

    def test_a_person_with_two_pledges_is_one_backer(self, world: World) -> None:
        made, backer = build.a_live_campaign(), an_actor("Backer Bo")

        for _ in range(2):
            build.pledged(world, made, backer=backer)

        assert (build.campaign(made).raised_minor, build.campaign(made).backers) == (5_000, 1)

    def test_the_news_told_many_times_counts_once(self, world: World) -> None:
        made = build.a_live_campaign()
        pledge = build.pledged(world, made)
        event = news_of(pledge)

        for _ in range(3):
            handlers.take_in_payments([event])

        assert build.campaign(made).raised_minor == 2_500
        assert [move.move for move in transitions.history("pledge", pledge)] == ["pay"]

    def test_news_of_many_at_once_is_dealt_with_each_as_if_it_came_alone(
        self, world: World
    ) -> None:
        a_top_up(build.euros(10))
        made = build.a_live_campaign(tiers=[build.a_tier("25", 9)])
        (reward,) = build.reward_ids(made)
        waiting = [build.place(made, reward_id=reward, key=f"key-{n}") for n in range(4)]
        for placed in waiting:
            dispatching.dispatch(placed.checkout_id)
            world.pay(placed.checkout_id)
            dispatching.refresh(placed.checkout_id)  # the ledger hears of it, the pledge not yet
        given_up, *kept = (placed.pledge_id for placed in waiting)
        pledging.mark_unpaid(given_up, clock.now())
        news = [news_of(pledge) for pledge in (kept[0], given_up, *kept)]

        handlers.take_in_payments(news)

        assert [build.state_of(each) for each in kept] == ["held"] * 3
        assert build.state_of(given_up) == "refunding"
        assert (build.campaign(made).raised_minor, taken(made)) == (7_500, [3])
        assert [move.move for move in transitions.history("pledge", kept[0])] == ["pay"]
        prove(world)

    def test_news_about_something_else_is_left_alone(self, world: World) -> None:
        made = build.a_live_campaign()
        paid, other = build.pledged(world, made), build.place(made).pledge_id

        handlers.take_in_payments([replace(news_of(paid), purpose="commitment", subject_id=other)])

        assert build.state_of(other) == "awaiting_payment"

    def test_a_declined_card_leaves_it_to_be_paid_with_another(self, world: World) -> None:
        made = build.a_live_campaign()
        placed = build.place(made)
        dispatching.dispatch(placed.checkout_id)
        with pytest.raises(Exception, match="refused"):
            world.pay(placed.checkout_id, "4000000000000002")
        world.deliver()
        assert build.state_of(placed.pledge_id) == "awaiting_payment"

        world.pay(placed.checkout_id)
        world.deliver()

        assert build.state_of(placed.pledge_id) == "held"


class TestNotPaying:
    def test_after_half_an_hour_the_reward_goes_back_on_the_shelf(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
        (reward,) = build.reward_ids(made)
        placed = build.place(made, "25", reward_id=reward)
        dispatching.dispatch(placed.checkout_id)

        hand.advance(minutes=31)
        world.deliver()

        assert (build.state_of(placed.pledge_id), taken(made)) == ("expired", [0])
        build.place(made, "25", reward_id=reward)
        assert taken(made) == [1]
        prove(world)

    def test_giving_up_twice_gives_back_once(self, world: World, hand: clock.Hand) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25", 2)])
        (reward,) = build.reward_ids(made)
        build.place(made, "25", reward_id=reward)
        placed = build.place(made, "25", reward_id=reward)
        dispatching.dispatch(placed.checkout_id)
        hand.advance(minutes=31)
        world.deliver()

        pledging.mark_unpaid(placed.pledge_id, clock.now())

        assert taken(made) == [1]


class TestPayingTooLate:
    def late(self, world: World, made: UUID, reward: UUID | None = None) -> Placed:
        """A payment that the bank took before the deadline, told long after it."""
        placed = build.place(made, "25", reward_id=reward)
        dispatching.dispatch(placed.checkout_id)
        world.pay(placed.checkout_id)
        return placed

    def test_a_payment_for_a_pledge_given_up_meanwhile_goes_back_whole(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(10))
        made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
        (reward,) = build.reward_ids(made)
        placed = self.late(world, made, reward)
        pledging.mark_unpaid(placed.pledge_id, clock.now())

        build.arrive(world, hand)

        assert build.state_of(placed.pledge_id) == "refunded"
        assert (build.campaign(made).raised_minor, in_escrow(made), taken(made)) == (0, 0, [0])
        assert pledges.pledge(placed.pledge_id).refund_reason == "too_late"
        prove(world)

    def test_money_paid_at_the_deadline_itself_is_late(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(10))
        made = build.a_live_campaign(days=5)
        placed = self.late(world, made)
        dispatching.refresh(placed.checkout_id)  # the ledger hears of it, the pledge not yet
        deadline = build.campaign(made).deadline
        assert deadline is not None

        pledging.mark_paid(placed.pledge_id, placed.checkout_id, paid_at=deadline, now=deadline)
        build.arrive(world, hand)

        assert build.state_of(placed.pledge_id) == "refunded"
        prove(world)


def news_of(pledge_id: UUID) -> CheckoutPaid:
    """The news of a paid checkout, as it was told."""
    (paid,) = escrow.instructions_for(pledge_id)
    db.session.rollback()
    assert paid.finished_at is not None
    assert paid.person_id is not None
    return CheckoutPaid(
        instruction_id=paid.id,
        purpose=paid.purpose,
        subject_id=pledge_id,
        person_id=paid.person_id,
        amount_minor=paid.amount_minor,
        currency=paid.currency,
        provider_ref=paid.payment_ref or "",
        paid_at=paid.finished_at,
    )


@command
def rewrite(sql: str, *params: object) -> None:
    execute(sql, params)


@pytest.mark.usefixtures("world")
class TestThatTermsStand:
    @pytest.mark.parametrize(
        "change",
        [
            "amount_minor = amount_minor + 1",
            "backer_id = (SELECT sponsor_id FROM campaign LIMIT 1)",
            "currency = 'USD'",
        ],
    )
    def test_who_what_and_how_much_never_change(self, change: str) -> None:
        placed = build.place(build.a_live_campaign())

        with pytest.raises(Exception, match=r"do not change|denied"):
            rewrite(f"UPDATE pledge SET {change} WHERE id = %s", placed.pledge_id)

    def test_no_pledge_disappears(self) -> None:
        placed = build.place(build.a_live_campaign())

        with pytest.raises(Exception, match=r"do not change|denied"):
            rewrite("DELETE FROM pledge WHERE id = %s", placed.pledge_id)

    def test_a_reward_cannot_be_oversold_even_by_hand(self) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])

        with pytest.raises(Exception, match="reward_not_oversold"):
            rewrite("UPDATE reward SET taken = 2 WHERE campaign_id = %s", made)


def test_a_campaign_without_any_goal_cannot_be_pledged_to(world: World) -> None:
    del world
    made = drafting.start_draft(
        an_actor(), title="A lamp", category="tech", form_key="k", now=clock.now()
    )

    with pytest.raises(NotFound):
        build.place(made)
