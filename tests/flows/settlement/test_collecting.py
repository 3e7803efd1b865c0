"""Campaigns whose cards were only saved: charged at the deadline, mended, judged by what came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.campaigns.services import promising
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.campaigns.services.placing import Placed
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import dispatching
from marketplace.infra import transitions
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import InstructionId
from marketplace.ledger import queries as ledger
from marketplace.settlement import runner
from marketplace.simulator.refusals import Denied
from marketplace.simulator.teller import GOOD_CARD
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.builders.settling import settle

BROKE = "4000000000000341"  # saves well, has no money when it is charged
EXPIRED = "4000000000001067"  # saves well, has expired when it is charged
ASKS = "4000002760003184"  # saves well, wants its owner when it is charged


def a_campaign(goal: str = "100", **facts: object) -> UUID:
    return build.a_live_campaign(
        goal=build.euros(goal),
        days=5,
        collection="deadline",
        **facts,  # type: ignore[arg-type]
    )


def past_the_deadline(world: World, hand: clock.Hand) -> None:
    hand.advance(days=5)
    settle(world)


def charges(pledge_id: UUID) -> list[Instruction]:
    found = escrow.instructions_for(pledge_id)
    db.session.rollback()
    return [one for one in found if one.kind == "charge"]


def states(pledge_ids: Sequence[UUID]) -> list[str]:
    return [build.state_of(pledge_id) for pledge_id in pledge_ids]


def in_escrow(campaign_id: UUID) -> int:
    found = ledger.balances_of("escrow:campaign", [campaign_id]).get(campaign_id)
    db.session.rollback()
    return found.posted_minor if found else 0


def mend(world: World, backer: Actor, pledge_id: UUID, card: str = GOOD_CARD) -> InstructionId:
    """Follow the repair link and pay."""
    page_id = promising.open_repair(backer, pledge_id, clock.now())
    dispatching.dispatch(page_id)
    world.pay(page_id, card)
    world.deliver()
    return page_id


class TestPromising:
    def test_a_saved_card_counts_as_pledged_and_not_as_collected(self, world: World) -> None:
        made = a_campaign()

        pledge = build.promised(world, made, "60")

        found = build.campaign(made)
        assert build.state_of(pledge) == "promised"
        assert (found.raised_minor, found.promised_minor, found.held_minor) == (6_000, 6_000, 0)
        assert (found.backers, in_escrow(made), charges(pledge)) == (1, 0, [])
        prove(world)

    def test_a_card_that_is_refused_on_the_page_promises_nothing(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = a_campaign(tiers=[build.a_tier("25", 1)])
        placed = build.place(made, reward_id=build.reward_ids(made)[0])
        dispatching.dispatch(placed.checkout_id)
        with pytest.raises(Denied):
            world.save_card(placed.checkout_id, "4000000000000002")
        hand.advance(minutes=31)
        dispatching.recover()
        world.deliver()

        assert build.state_of(placed.pledge_id) == "expired"
        assert build.campaign(made).raised_minor == 0
        prove(world)

    def test_taking_a_promise_back_costs_nothing_and_frees_the_reward(self, world: World) -> None:
        backer = an_actor("Backer Bo")
        made = a_campaign(tiers=[build.a_tier("25", 1)])
        tier = build.reward_ids(made)[0]
        pledge = build.promised(world, made, backer=backer, reward_id=tier)
        with pytest.raises(Refusal, match="reward_gone"):
            build.place(made, reward_id=tier)

        assert cancel_pledge(backer, pledge, clock.now()) is False

        assert build.state_of(pledge) == "cancelled"
        assert build.campaign(made).raised_minor == 0
        again = build.promised(world, made, reward_id=tier)
        assert build.state_of(again) == "promised"
        prove(world)

    def test_a_card_saved_after_the_deadline_promises_nothing(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = a_campaign()
        placed = build.place(made)
        dispatching.dispatch(placed.checkout_id)
        world.save_card(placed.checkout_id)
        late = clock.now() + timedelta(days=5)

        promising.mark_promised(placed.pledge_id, saved_at=late, now=late)

        assert build.state_of(placed.pledge_id) == "expired"

    def test_the_same_form_sent_twice_is_one_promise(self, world: World) -> None:
        del world
        backer, made = an_actor("Backer Bo"), a_campaign()
        key = build.form_key()

        first, again = (build.place(made, backer=backer, key=key) for _ in range(2))

        assert first == again


class TestTheDeadline:
    def test_a_missed_goal_charges_nobody_and_says_so(self, world: World, hand: clock.Hand) -> None:
        backer = an_actor("Backer Bo")
        made = a_campaign("100")
        pledge = build.promised(world, made, "99.99", backer=backer)

        past_the_deadline(world, hand)

        found = build.campaign(made)
        assert (found.state, found.raised_minor) == ("refunded", 9_999)
        assert build.state_of(pledge) == "lapsed"
        assert charges(pledge) == []
        letters = build.subjects(build.address(backer))
        assert letters[-1].endswith("did not reach its goal; you were not charged")
        prove(world)

    def test_a_reached_goal_charges_every_card_once_and_pays_the_sponsor(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = a_campaign("100")
        pledges = [build.promised(world, made, amount) for amount in ("60", "40", "16.67")]

        past_the_deadline(world, hand)
        assert build.campaign(made).state == "collecting"
        assert states(pledges) == ["held"] * 3
        settle(world)

        found = build.campaign(made)
        assert (found.state, found.raised_minor) == ("funded", 11_667)
        assert (found.fee_minor or 0) + (found.net_minor or 0) == 11_667
        assert [len(charges(pledge)) for pledge in pledges] == [1, 1, 1]
        assert states(pledges) == ["released"] * 3
        prove(world)

    def test_run_again_it_charges_nobody_again(self, world: World, hand: clock.Hand) -> None:
        made = a_campaign("100")
        pledges = [build.promised(world, made, "60", card=card) for card in (GOOD_CARD, BROKE)]
        past_the_deadline(world, hand)

        for _ in range(3):
            settle(world)

        assert [len(charges(pledge)) for pledge in pledges] == [1, 1]
        assert states(pledges) == ["held", "declined"]
        prove(world)

    def test_a_lost_answer_charges_once(self, world: World, hand: clock.Hand) -> None:
        made = a_campaign("100")
        pledge = build.promised(world, made, "100")
        hand.advance(days=5)
        runner.run(clock.now())
        world.wire.trouble = ["answer_lost"]
        dispatching.dispatch_due()
        world.wire.trouble = []
        hand.advance(minutes=2)
        dispatching.recover()
        world.deliver()
        settle(world)

        assert build.campaign(made).state == "funded"
        assert len(charges(pledge)) == 1
        prove(world)

    def test_a_bank_that_is_down_is_asked_until_it_answers(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = a_campaign("100")
        pledge = build.promised(world, made, "100")
        hand.advance(days=5)
        world.wire.trouble = ["refused"] * 50
        for _ in range(3):
            settle(world)
            hand.advance(hours=2)
        assert build.state_of(pledge) == "charging"

        world.wire.trouble = []
        settle(world)
        settle(world)

        assert build.campaign(made).state == "funded"
        prove(world)

    def test_no_charge_costs_a_run_a_statement_of_its_own(
        self, world: World, hand: clock.Hand
    ) -> None:
        few, many = a_campaign("100"), a_campaign("100")
        for made, count in ((few, 2), (many, 12)):
            for _ in range(count):
                build.promised(world, made, "50")
        hand.advance(days=5)

        assert build.statements_to_close(many) <= build.statements_to_close(few)


def collecting(
    world: World, hand: clock.Hand, card: str = BROKE, goal: str = "200"
) -> tuple[UUID, Actor, UUID]:
    """A campaign with 120.00 collected and 80.00 declined."""
    backer = an_actor("Backer Bo")
    made = a_campaign(goal, tiers=[build.a_tier("25", 1)])
    build.promised(world, made, "120")
    tier = build.reward_ids(made)[0]
    pledge = build.promised(world, made, "80", backer=backer, card=card, reward_id=tier)
    past_the_deadline(world, hand)
    assert build.state_of(pledge) == "declined"
    return made, backer, pledge


class TestMending:
    @pytest.mark.parametrize(
        ("card", "why"),
        [
            (BROKE, "not enough money"),
            (EXPIRED, "has expired"),
            (ASKS, "wants you to confirm"),
        ],
    )
    def test_a_decline_is_told_in_plain_words_and_mended_on_a_page(
        self, world: World, hand: clock.Hand, card: str, why: str
    ) -> None:
        made, backer, pledge = collecting(world, hand, card)
        assert why in build.last_letter(build.address(backer))

        mend(world, backer, pledge, GOOD_CARD)
        settle(world)

        assert build.state_of(pledge) == "released"
        assert build.campaign(made).state == "funded"
        assert build.campaign(made).raised_minor == 20_000
        prove(world)

    def test_who_must_confirm_can_do_so_with_the_same_card(
        self, world: World, hand: clock.Hand
    ) -> None:
        _made, backer, pledge = collecting(world, hand, ASKS)
        page_id = promising.open_repair(backer, pledge, clock.now())
        dispatching.dispatch(page_id)
        found = escrow.instruction(page_id)
        db.session.rollback()
        assert found.provider_ref is not None
        world.teller.pay(found.provider_ref, ASKS)
        world.deliver()

        assert build.state_of(pledge) == "held"
        prove(world)

    def test_a_reminder_goes_out_every_two_days_until_it_is_mended(
        self, world: World, hand: clock.Hand
    ) -> None:
        _made, backer, pledge = collecting(world, hand, EXPIRED)

        def reminders() -> int:
            return sum("still waits" in one for one in build.subjects(build.address(backer)))

        counted = []
        for _ in range(5):
            hand.advance(days=1)
            settle(world)
            counted.append(reminders())
        mend(world, backer, pledge)
        hand.advance(days=1)
        settle(world)

        assert counted == [0, 1, 1, 2, 2]
        assert reminders() == 2

    @pytest.mark.parametrize(("card", "tries"), [(BROKE, 2), (EXPIRED, 1), (ASKS, 1)])
    def test_a_card_is_tried_once_more_where_that_may_help(
        self, world: World, hand: clock.Hand, card: str, tries: int
    ) -> None:
        _made, _backer, pledge = collecting(world, hand, card)
        hand.advance(days=6, minutes=-1)
        settle(world)
        assert len(charges(pledge)) == 1

        for _ in range(3):
            hand.advance(minutes=30)
            settle(world)

        assert [one.sequence for one in charges(pledge)] == list(range(1, tries + 1))
        assert build.state_of(pledge) == "declined"

    def test_while_a_backer_is_on_the_page_the_card_is_left_alone(
        self, world: World, hand: clock.Hand
    ) -> None:
        _made, backer, pledge = collecting(world, hand)
        hand.advance(days=6)
        page_id = promising.open_repair(backer, pledge, clock.now())
        dispatching.dispatch(page_id)

        settle(world)

        assert len(charges(pledge)) == 1
        world.pay(page_id)
        world.deliver()
        assert build.state_of(pledge) == "held"
        prove(world)

    def test_whoever_pays_twice_gets_the_second_payment_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(10))
        made, backer, pledge = collecting(world, hand)
        first = promising.open_repair(backer, pledge, clock.now())
        dispatching.dispatch(first)
        world.pay(first)  # and the news of it is late
        hand.advance(minutes=31)

        second = mend(world, backer, pledge)
        settle(world)
        build.arrive(world, hand)

        assert first != second

        assert build.campaign(made).raised_minor == 20_000
        assert build.state_of(pledge) == "released"
        assert ledger_total("escrow:campaign") == 0
        prove(world)

    def test_somebody_elses_decline_is_nobody_elses_to_mend(
        self, world: World, hand: clock.Hand
    ) -> None:
        _made, _backer, pledge = collecting(world, hand)

        with pytest.raises(Exception, match=str(pledge)):
            promising.open_repair(an_actor("Somebody Else"), pledge, clock.now())

    def test_what_is_paid_cannot_be_mended(self, world: World, hand: clock.Hand) -> None:
        _made, backer, pledge = collecting(world, hand)
        mend(world, backer, pledge)

        with pytest.raises(Refusal, match="nothing_to_mend"):
            promising.open_repair(backer, pledge, clock.now())

    def test_after_the_deadline_a_promise_cannot_be_taken_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        _made, backer, pledge = collecting(world, hand)

        with pytest.raises(Refusal, match="cancel_too_late"):
            cancel_pledge(backer, pledge, clock.now())


class TestTheEndOfTheWindow:
    def test_too_little_collected_gives_everybody_everything_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(10))
        made, _backer, pledge = collecting(world, hand)
        hand.advance(days=7)
        runner.run(clock.now())
        assert build.campaign(made).state == "unfunded"
        assert build.state_of(pledge) == "lapsed"

        build.arrive(world, hand)

        found = build.campaign(made)
        assert (found.state, found.raised_minor, found.refunded_minor) == (
            *("refunded", 12_000, 12_000),
        )
        prove(world)

    def test_enough_collected_funds_it_without_the_rest(
        self, world: World, hand: clock.Hand
    ) -> None:
        made, backer, pledge = collecting(world, hand, goal="100")
        hand.advance(days=7, seconds=-1)
        settle(world)
        assert build.campaign(made).state == "collecting"

        hand.advance(seconds=1)
        settle(world)

        found = build.campaign(made)
        assert (found.state, found.raised_minor, found.backers) == ("funded", 12_000, 1)
        assert build.state_of(pledge) == "lapsed"
        assert build.subjects(build.address(backer))[-1].endswith("has ended")
        moves = [move.move for move in transitions.history("campaign", made)]
        assert moves == ["submit", "approve", "close", "collect", "fund"]
        prove(world)

    def test_a_payment_whose_news_comes_after_the_decision_goes_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(10))
        made, backer, pledge = collecting(world, hand, goal="100")
        hand.advance(days=7, minutes=-10)
        page_id = promising.open_repair(backer, pledge, clock.now())
        dispatching.dispatch(page_id)
        world.pay(page_id)  # in time, but nobody hears of it
        hand.advance(minutes=10)
        world.wire.trouble = ["broken"] * 50
        waits = [line.kind for lines in runner.run(clock.now()).values() for line in lines]
        hand.advance(minutes=45)
        runner.run(clock.now())
        assert "campaign.waits" in waits
        assert build.campaign(made).state == "funded"

        world.wire.trouble = []
        build.arrive(world, hand)

        assert build.state_of(pledge) == "refunded"
        assert build.campaign(made).raised_minor == 12_000
        prove(world)

    def test_a_page_nobody_paid_is_shut_with_the_window(
        self, world: World, hand: clock.Hand
    ) -> None:
        made, backer, pledge = collecting(world, hand, goal="100")
        hand.advance(days=7, minutes=-10)
        page_id = promising.open_repair(backer, pledge, clock.now())
        dispatching.dispatch(page_id)
        hand.advance(minutes=10)

        settle(world)

        assert build.campaign(made).state == "funded"
        with pytest.raises(Denied):
            world.pay(page_id)
        prove(world)


def test_a_dry_run_names_every_card_and_charges_none(world: World, hand: clock.Hand) -> None:
    made = a_campaign("100")
    pledge = build.promised(world, made, "100")
    hand.advance(days=5)

    shown = world.app.test_cli_runner().invoke(args=["settlement", "run", "--dry-run", "--json"])

    lines = [(line["kind"], line["amount_minor"]) for line in json.loads(shown.output)]
    assert ("campaign.collecting", 10_000) in lines
    assert ("pledge.charge", 10_000) in lines
    assert build.state_of(pledge) == "promised"
    assert charges(pledge) == []


def ledger_total(kind: str) -> int:
    found = ledger.total(kind, "EUR")
    db.session.rollback()
    return found


def test_placed_names_the_page_that_saves_the_card(world: World) -> None:
    placed: Placed = build.place(a_campaign())

    found = escrow.instruction(placed.checkout_id)
    db.session.rollback()
    assert found.kind == "setup"
    del world
