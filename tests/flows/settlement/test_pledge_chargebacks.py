"""Pledges whose payment a bank takes back: who bears it, whatever has become of the money."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.campaigns.queries import rewards
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow import gateway, queries
from marketplace.escrow.gateway import DisputeStanding, Seen, SeenDispute, Standing
from marketplace.escrow.queries import Instruction, disputes
from marketplace.escrow.services import applying, disputing, inbox
from marketplace.escrow.states import Kind
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.settlement import charging_back, runner
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.disputes import (
    balance,
    decided,
    dispute,
    disputed,
    payment_of,
    recoveries,
)
from tests.builders.escrow import World, known
from tests.builders.identity import an_actor
from tests.builders.loans import onboard

pytestmark = pytest.mark.usefixtures("reserve")


def release_of(campaign_id: UUID) -> Instruction:
    found = [each for each in queries.instructions_for(campaign_id) if each.purpose == "release"][
        -1
    ]
    db.session.rollback()
    return found


def funded(world: World, hand: clock.Hand, sponsor: Actor) -> tuple[UUID, UUID]:
    """A campaign that reached 200.00 with two pledges; returns it and the first of them."""
    made = build.a_live_campaign(sponsor, goal=build.euros(200), days=5)
    pledge_id = build.pledged(world, made, "100", backer=an_actor("Bo Backer"))
    build.pledged(world, made, "100")
    hand.advance(days=5)
    runner.run(clock.now())
    assert build.campaign(made).state == "funded"
    return made, pledge_id


def paid_out(world: World, hand: clock.Hand, sponsor: Actor) -> tuple[UUID, UUID]:
    """The same, and its sponsor has the money."""
    onboard(world, sponsor)
    made, pledge_id = funded(world, hand, sponsor)
    build.arrive(world, hand)
    assert build.campaign(made).state == "paid_out"
    return made, pledge_id


class TestWhileItIsHeld:
    def test_the_pledge_ends_and_its_reward_is_on_the_shelf_again(self, world: World) -> None:
        made = build.a_live_campaign(goal=build.euros(100), tiers=[build.a_tier("25", 1)])
        [reward_id] = build.reward_ids(made)
        pledge_id = build.pledged(world, made, "100", reward_id=reward_id)

        found = disputed(world, pledge_id)

        assert build.state_of(pledge_id) == "charged_back"
        assert build.campaign(made).raised_minor == 0
        assert rewards.of_campaign(made)[0].left == 1
        assert balance("escrow:campaign", made) == 0
        assert balance("loss:chargeback") == 0
        assert (found.recovered_minor, found.recovery) == (10_000, "done")
        prove(world)

    def test_the_goal_may_be_missed_again(self, world: World, hand: clock.Hand) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        pledge_id = build.pledged(world, made, "100")
        build.pledged(world, made, "20")
        disputed(world, pledge_id)
        hand.advance(days=5)

        runner.run(clock.now())

        assert build.campaign(made).state == "unfunded"
        build.arrive(world, hand)
        runner.run(clock.now())
        assert build.campaign(made).state == "refunded"
        prove(world)

    def test_the_disputes_fee_is_booked_from_the_statement(self, world: World) -> None:
        made = build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100")
        prove(world)
        before = balance("fees:provider")

        disputed(world, pledge_id)
        prove(world)

        assert balance("fees:provider") == before + 1_500

    def test_backer_and_sponsor_are_told(self, world: World) -> None:
        sponsor, backer = an_actor("Sponsor Sol"), an_actor("Bo Backer")
        officer = an_actor("Fin Officer", role="finance_officer")
        made = build.a_live_campaign(sponsor)

        disputed(world, build.pledged(world, made, "100", backer=backer))

        told = {person: build.letters_of(person) for person in (sponsor, backer, officer)}
        assert "A backer’s bank took EUR 100.00 back" in told[sponsor]
        assert "Your bank took EUR 100.00 back" in told[backer]
        assert "Dispute over EUR 100.00: answer it" in told[officer]

    def test_won_before_the_decision_it_counts_again(self, world: World, hand: clock.Hand) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=30)
        pledge_id = build.pledged(world, made, "100")
        found = disputed(world, pledge_id)

        found = decided(world, hand, found.id, won=True)

        assert (found.state, found.recovery, found.recovered_minor) == ("won", "undone", 0)
        assert build.state_of(pledge_id) == "held"
        assert build.campaign(made).raised_minor == 10_000
        assert balance("escrow:campaign", made) == 10_000
        assert balance("loss:chargeback") == 0
        prove(world)

    def test_won_after_its_reward_went_to_somebody_else_it_is_in_the_wallet(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer = an_actor("Bo Backer")
        made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
        [reward_id] = build.reward_ids(made)
        pledge_id = build.pledged(world, made, "25", reward_id=reward_id, backer=backer)
        found = disputed(world, pledge_id)
        build.pledged(world, made, "25", reward_id=reward_id)

        decided(world, hand, found.id, won=True)

        assert build.state_of(pledge_id) == "refunded"
        assert balance("person:wallet", backer.known()) == 2_500
        prove(world)

    def test_won_after_the_decision_it_is_in_the_wallet(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer = an_actor("Bo Backer")
        made = build.a_live_campaign(goal=build.euros(100), days=1)
        pledge_id = build.pledged(world, made, "50", backer=backer)
        found = disputed(world, pledge_id)
        hand.advance(days=1)
        runner.run(clock.now())

        decided(world, hand, found.id, won=True)

        assert build.state_of(pledge_id) == "refunded"
        assert balance("person:wallet", backer.known()) == 5_000
        prove(world)

    def test_lost_it_stays_as_it_is(self, world: World, hand: clock.Hand) -> None:
        made = build.a_live_campaign()
        found = disputed(world, build.pledged(world, made, "100"))

        found = decided(world, hand, found.id, won=False)

        assert (found.state, found.withdrawn, found.loss.minor) == ("lost", True, 0)
        prove(world)

    def test_what_a_bank_left_of_it_is_in_the_wallet(self, world: World) -> None:
        backer = an_actor("Bo Backer")
        made = build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100", backer=backer)
        paid = payment_of(pledge_id)

        disputing.record(seen_of(paid, "40"), clock.now())
        world.work()

        assert build.state_of(pledge_id) == "charged_back"
        assert balance("escrow:campaign", made) == 0
        assert balance("person:wallet", backer.known()) == 6_000


class TestOnItsWayBack:
    def test_a_refund_the_provider_refuses_because_of_the_dispute_goes_to_no_wallet(
        self, world: World
    ) -> None:
        backer = an_actor("Bo Backer")
        made = build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100", backer=backer)
        world.dispute(payment_of(pledge_id))
        cancel_pledge(backer, pledge_id, clock.now())

        world.deliver()

        refund = refund_of(pledge_id)
        assert (refund.state, refund.last_error) == ("failed", "charge_disputed")
        assert build.state_of(pledge_id) == "charged_back"
        assert balance("person:wallet", backer.known()) == 0
        prove(world)

    def test_a_refund_nobody_was_asked_for_is_stopped(self, world: World, hand: clock.Hand) -> None:
        backer = an_actor("Bo Backer")
        made = build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100", backer=backer)
        paid = payment_of(pledge_id)
        disputing.record(seen_of(paid, "100", withdrawn=False), clock.now())
        cancel_pledge(backer, pledge_id, clock.now())
        build.arrive(world, hand)
        assert refund_of(pledge_id).state == "planned"

        disputing.record(seen_of(paid, "100"), clock.now())
        world.work()

        refund = refund_of(pledge_id)
        assert (refund.state, refund.last_error) == ("expired", "disputed")
        assert build.state_of(pledge_id) == "charged_back"
        assert balance("escrow:campaign", made) == 0

    def test_a_dispute_of_what_is_refunded_is_shown_and_changes_nothing(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer = an_actor("Bo Backer")
        made = build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100", backer=backer)
        cancel_pledge(backer, pledge_id, clock.now())
        build.arrive(world, hand)
        assert build.state_of(pledge_id) == "refunded"

        disputing.record(seen_of(payment_of(pledge_id), "100", withdrawn=False), clock.now())
        world.work()

        assert build.state_of(pledge_id) == "refunded"
        assert balance("loss:chargeback") == 0
        prove(world)

    def test_a_refund_waits_while_the_bank_decides_and_goes_on_when_it_is_won(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer = an_actor("Bo Backer")
        made = build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100", backer=backer)
        asked = seen_of(payment_of(pledge_id), "100", withdrawn=False)
        disputing.record(asked, clock.now())
        cancel_pledge(backer, pledge_id, clock.now())
        build.arrive(world, hand)
        assert build.state_of(pledge_id) == "refunding"

        disputing.record(
            seen_of(payment_of(pledge_id), "100", DisputeStanding.WON, withdrawn=False),
            clock.now(),
        )
        build.arrive(world, hand)

        assert build.state_of(pledge_id) == "refunded"
        prove(world)


class TestReleased:
    def test_what_is_not_paid_out_yet_is_charged_and_the_payout_is_smaller(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made, pledge_id = funded(world, hand, sponsor)
        whole = build.campaign(made)
        fee_minor, net_minor = whole.fee_minor or 0, whole.net_minor or 0

        found = disputed(world, pledge_id)

        assert build.state_of(pledge_id) == "charged_back"
        assert balance("sponsor:payable", made) == net_minor // 2
        assert balance("fees:platform") == fee_minor // 2
        assert (found.loss.minor, found.recovery) == (0, "done")
        assert release_of(made).amount_minor == net_minor // 2
        onboard(world, sponsor)
        build.arrive(world, hand)
        assert build.campaign(made).state == "paid_out"
        prove(world)

    def test_what_was_paid_out_is_taken_back_from_the_sponsor(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        _made, pledge_id = paid_out(world, hand, sponsor)

        found = disputed(world, pledge_id)
        world.deliver()

        assert (dispute(found.id).loss.minor, dispute(found.id).recovery) == (0, "done")
        assert balance("loss:chargeback") == 0
        assert sorted(each.route for each in recoveries(found.id)) == ["fee", "reversal"]
        prove(world)

    def test_won_after_that_the_sponsor_has_it_in_the_wallet(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made, pledge_id = paid_out(world, hand, sponsor)
        net_minor, fee_minor = build.campaign(made).net_minor or 0, build.campaign(made).fee_minor
        found = disputed(world, pledge_id)

        decided(world, hand, found.id, won=True)

        assert build.state_of(pledge_id) == "released"
        assert balance("person:wallet", sponsor.known()) == net_minor // 2
        assert balance("fees:platform") == fee_minor
        assert balance("loss:chargeback") == 0
        prove(world)

    def test_what_the_sponsor_no_longer_has_stays_our_loss(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made, pledge_id = paid_out(world, hand, sponsor)
        world.dispute(payment_of(pledge_id))
        world.teller.deliver_pending(world.receive)
        inbox.work_inbox()
        [dispute_id] = disputes.unrecovered()
        db.session.rollback()
        charging_back.recover(dispute_id, clock.now())
        [asked] = [each for each in recoveries(dispute_id) if each.route == "reversal"]
        assert asked.instruction_id is not None

        refuse(asked.instruction_id)
        world.deliver()

        found = dispute(dispute_id)
        assert found.recovery == "done"
        assert found.loss.minor == (build.campaign(made).net_minor or 0) // 2
        assert balance("loss:chargeback") == found.loss.minor
        prove(world)


class TestNotices:
    def test_the_same_dispute_twice_and_back_to_front_is_one(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100")
        found = disputed(world, pledge_id)
        early = gateway.current().dispute(found.provider_ref)
        decided(world, hand, found.id, won=True)
        late = gateway.current().dispute(found.provider_ref)

        for seen in (early, late, early):
            disputing.record(seen, clock.now())
        world.work()

        assert build.state_of(pledge_id) == "held"
        prove(world)

    def test_a_lost_notice_is_healed_by_the_statement(self, world: World) -> None:
        made = build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100")
        world.dispute(payment_of(pledge_id))
        world.teller.deliver_pending(lambda _body, _headers: 200)

        prove_after_healing(world)

        assert build.state_of(pledge_id) == "charged_back"

    def test_a_dispute_that_was_won_before_it_was_heard_of_leaves_no_trace_in_the_books(
        self, world: World
    ) -> None:
        made = build.a_live_campaign()
        pledge_id = build.pledged(world, made, "100")
        paid = payment_of(pledge_id)

        disputing.record(seen_of(paid, "100", DisputeStanding.WON, withdrawn=False), clock.now())
        disputing.record(seen_of(paid, "100"), clock.now())
        world.work()

        assert build.state_of(pledge_id) == "held"
        assert balance("loss:chargeback") == 0
        prove(world)


def refuse(reversal_id: UUID) -> None:
    """The provider says that the payee no longer has the money."""
    asked = known(reversal_id)
    refused = Seen(
        kind=Kind.REVERSAL,
        ref="rev_refused",
        operation_id=asked.operation_id,
        standing=Standing.FAILED,
        amount=asked.amount,
        reason="insufficient_funds",
    )
    assert applying.record(reversal_id, refused, clock.now())


def refund_of(pledge_id: UUID) -> Instruction:
    found = [each for each in queries.instructions_for(pledge_id) if each.kind == "refund"][-1]
    db.session.rollback()
    return found


def prove_after_healing(world: World) -> None:
    prove(world)
    world.work()
    prove(world)


def seen_of(
    paid: Instruction,
    amount: str,
    standing: DisputeStanding = DisputeStanding.NEEDS_RESPONSE,
    *,
    withdrawn: bool = True,
) -> SeenDispute:
    """What a provider would show of a dispute about a payment."""
    assert paid.payment_ref is not None
    return SeenDispute(
        ref="dp_seen",
        payment_ref=paid.payment_ref,
        operation_id=known(paid.id).operation_id,
        amount=build.euros(amount),
        standing=standing,
        reason="fraudulent",
        opened_at=clock.now(),
        withdrawn=withdrawn,
        respond_by=clock.now() + timedelta(days=7),
    )
