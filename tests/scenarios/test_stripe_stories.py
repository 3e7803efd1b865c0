"""Both stories with Stripe: from campaign to payout, from loan to repayment, failures included.

Every story ends with the operators' own proof, and with no request Stripe would complain of.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from marketplace.campaigns.services import promising
from marketplace.escrow import queries as escrow
from marketplace.escrow.jobs import sweep
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import dispatching, mirroring, payees
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.loans.services import applying, mandates, offering, wallet
from marketplace.settlement import runner
from tests.builders import campaigns, loans
from tests.builders.applications import asks_for
from tests.builders.books import prove
from tests.builders.campaigns import euros
from tests.builders.disputes import balance, decided, disputed, recoveries
from tests.builders.escrow import a_payout, a_top_up
from tests.builders.identity import an_actor
from tests.builders.stripe_world import StripeWorld, a_stripe_market
from tests.standin import cards


@pytest.fixture
def world(app: Flask) -> Iterator[StripeWorld]:
    with a_stripe_market(app) as world:
        a_top_up(euros(500))  # Stripe keeps its fees of what is given back, and takes disputes'
        world.deliver()
        yield world
        prove(world)
        for command in (["ledger", "check"], ["escrow", "reconcile"]):
            proof = app.test_cli_runner().invoke(args=command)
            assert proof.exit_code == 0, proof.output


def pass_days(world: StripeWorld, hand: clock.Hand, days: int) -> None:
    """Let days pass as the timetable would."""
    for _ in range(days):
        hand.advance(days=1)
        runner.run(clock.now())
        sweep()
        world.deliver()
        mirroring.mirror()


def onboarded(world: StripeWorld, person: Actor) -> None:
    """A person tells Stripe all it asks, and a thin notice tells us."""
    loans.onboard(world, person)
    assert payees.payee(person.known()).state == "ready"
    db.session.rollback()


def payment_of(subject_id: UUID, kind: str = "checkout") -> Instruction:
    found = [one for one in escrow.instructions_for(subject_id) if one.kind == kind]
    db.session.rollback()
    return found[-1]


class TestCampaigns:
    def test_one_is_funded_by_card_and_wallet_and_pays_its_sponsor(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        onboarded(world, sponsor)
        made = campaigns.a_live_campaign(sponsor, goal=euros(100), days=10)
        held = [campaigns.pledged(world, made, "60.00")]
        placed = campaigns.place(made, "50.00")
        dispatching.dispatch(placed.checkout_id)
        world.pay(placed.checkout_id, "wechat_pay")
        world.deliver()
        held.append(placed.pledge_id)

        pass_days(world, hand, 20)

        now = campaigns.campaign(made)
        assert now.state == "paid_out"
        assert {campaigns.state_of(pledge) for pledge in held} == {"released"}
        release = payment_of(made, "transfer")
        account = world.account.objects[str(release.provider_ref)]["destination"]
        assert world.account.objects[account]["_purse"] == {"eur": now.net_minor}

    def test_one_that_misses_its_goal_gives_back_by_every_method(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        made = campaigns.a_live_campaign(goal=euros(1000), days=5)
        ways = (cards.GOOD, "alipay", cards.REFUND_TAKES_TIME, cards.REFUND_RETURNS)
        backers = [an_actor(f"Backer {n}") for n in range(len(ways))]
        pledges = []
        for way, backer in zip(ways, backers, strict=True):
            placed = campaigns.place(made, "40.00", backer=backer)
            dispatching.dispatch(placed.checkout_id)
            world.pay(placed.checkout_id, way)
            world.deliver()
            pledges.append(placed.pledge_id)

        pass_days(world, hand, 15)

        assert campaigns.campaign(made).state == "refunded"
        assert {campaigns.state_of(pledge) for pledge in pledges} == {"refunded"}
        assert [loans.in_wallet(backer) for backer in backers] == [0, 0, 0, 4_000]
        assert payment_of(pledges[-1], "refund").state == "returned"

    def test_one_that_charges_saved_cards_at_its_deadline_mends_what_was_declined(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        sponsor, bea = an_actor("Sponsor Sol"), an_actor("Bea Backer")
        onboarded(world, sponsor)
        made = campaigns.a_live_campaign(sponsor, goal=euros(100), days=5, collection="deadline")
        good = campaigns.promised(world, made, "70")
        asks = campaigns.promised(world, made, "40", card=cards.STEP_UP, backer=bea)
        broke = campaigns.promised(world, made, "10", card=cards.SAVED_THEN_DECLINED)
        assert world.account.of_kind("charge") == []

        pass_days(world, hand, 5)
        assert campaigns.state_of(good) == "held"
        reasons = {payment_of(pledge, "charge").last_error for pledge in (asks, broke)}
        assert reasons == {"authentication_required", "card_declined"}
        page = promising.open_repair(bea, asks, clock.now())
        dispatching.dispatch(page)
        world.pay(page, cards.STEP_UP)
        world.deliver()
        pass_days(world, hand, 15)

        assert campaigns.campaign(made).state == "paid_out"
        assert campaigns.state_of(asks) == "released"
        assert campaigns.state_of(broke) not in {"held", "released"}

    def test_one_disputed_after_its_release_is_charged_or_lost_and_won_back(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        onboarded(world, sponsor)
        made = campaigns.a_live_campaign(sponsor, goal=euros(100), days=5)
        first, second = (campaigns.pledged(world, made, "60.00") for _ in range(2))
        pass_days(world, hand, 15)
        assert campaigns.campaign(made).state == "paid_out"

        lost = decided(world, hand, disputed(world, first).id, won=False)
        won = decided(world, hand, disputed(world, second).id, won=True)
        pass_days(world, hand, 3)

        assert (lost.state, won.state) == ("lost", "won")
        assert len(recoveries(lost.id)) > 0
        assert balance("escrow:campaign", made) == 0

    def test_a_card_that_disputes_takes_its_pledge_with_it(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        made = campaigns.a_live_campaign(goal=euros(1000), days=30)
        placed = campaigns.place(made, "40.00")
        dispatching.dispatch(placed.checkout_id)
        world.pay(placed.checkout_id, cards.DISPUTED)
        world.deliver()
        assert campaigns.state_of(placed.pledge_id) == "held"

        pass_days(world, hand, 12)

        assert campaigns.state_of(placed.pledge_id) == "charged_back"
        assert campaigns.campaign(made).raised_minor == 0

    def test_a_sponsor_who_may_not_be_paid_any_more_is_paid_when_they_may_again(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        onboarded(world, sponsor)
        made = campaigns.a_live_campaign(sponsor, goal=euros(100), days=5)
        campaigns.pledged(world, made, "100.00")
        world.restrict(sponsor.known())
        world.deliver()
        pass_days(world, hand, 12)
        assert campaigns.campaign(made).state == "funded"
        assert world.account.of_kind("transfer") == []

        onboarded(world, sponsor)
        pass_days(world, hand, 3)

        assert campaigns.campaign(made).state == "paid_out"

    def test_lost_answers_and_lost_notices_are_healed(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        onboarded(world, sponsor)
        made = campaigns.a_live_campaign(sponsor, goal=euros(100), days=10)
        placed = campaigns.place(made, "120.00")
        world.account.trouble = ["answer_lost", "down", "answer_lost"]
        dispatching.dispatch(placed.checkout_id)
        for _ in range(10):
            hand.advance(minutes=1)
            sweep()
            dispatching.dispatch_due()
        (session,) = world.account.of_kind("checkout.session")
        world.account.pay(session["id"])
        world.account.notices.clear()  # nobody is told

        pass_days(world, hand, 1)
        assert campaigns.state_of(placed.pledge_id) == "held"
        pass_days(world, hand, 20)

        assert campaigns.campaign(made).state == "paid_out"
        assert len(world.account.of_kind("charge")) == len(world.account.of_kind("transfer")) == 1

    @pytest.mark.parametrize("seed", range(2))
    def test_notices_shuffled_tripled_and_lost_end_in_the_same_state(
        self, world: StripeWorld, hand: clock.Hand, seed: int
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        onboarded(world, sponsor)
        world.be_disorderly(seed)
        funded = campaigns.a_live_campaign(sponsor, goal=euros(100), days=4)
        missed = campaigns.a_live_campaign(goal=euros(1000), days=4)
        placed = [
            (campaigns.place(made, "60.00"), way)
            for made in (funded, missed)
            for way in (cards.GOOD, "alipay", cards.REFUND_RETURNS)
        ]
        for each, way in placed:
            dispatching.dispatch(each.checkout_id)
            world.pay(each.checkout_id, way)
        world.deliver()

        pass_days(world, hand, 14)

        states = [campaigns.state_of(each.pledge_id) for each, _ in placed]
        assert states == ["released"] * 3 + ["refunded"] * 3
        assert campaigns.campaign(funded).state == "paid_out"
        assert campaigns.campaign(missed).state == "refunded"
        refunds = [payment_of(each.pledge_id, "refund").state for each, _ in placed[3:]]
        assert refunds == ["succeeded", "succeeded", "returned"]

    @pytest.mark.parametrize("trouble", ["sticky", "sticky_done"])
    def test_a_failure_that_is_answered_for_ever_is_neither_waited_for_nor_done_twice(
        self, world: StripeWorld, hand: clock.Hand, trouble: str
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        onboarded(world, sponsor)
        made = campaigns.a_live_campaign(sponsor, goal=euros(100), days=3)
        campaigns.pledged(world, made, "100.00")
        hand.advance(days=4)
        runner.run(clock.now())
        world.account.trouble = [trouble]  # of the next order, which is the transfer

        for _ in range(8):
            hand.advance(hours=9)
            runner.run(clock.now())
            sweep()
            world.deliver()

        assert campaigns.campaign(made).state == "paid_out"
        assert len(world.account.of_kind("transfer")) == 1
        keys = {one.key for one in world.account.posts() if one.path == "/v1/transfers"}
        assert len(keys) == (2 if trouble == "sticky" else 1)


class TestLoans:
    def test_one_goes_from_draft_to_paid_off(self, world: StripeWorld, hand: clock.Hand) -> None:
        cast = loans.Cast()
        lena, luis = an_actor("Lena Lender"), an_actor("Luis Lender")
        loans.topped_up(world, luis, "400")
        onboarded(world, cast.borrower)
        loan_id = loans.a_draft(cast.borrower)
        asks_for(cast.borrower, loan_id, loans.a_request("1000", months=3))
        applying.submit(cast.borrower, loan_id, now=clock.now())
        loans.passed(loan_id, cast.first)
        loans.offered(loan_id, cast.second, grade="C", rate_pct="9.0")
        offering.accept(cast.borrower, loan_id, now=clock.now())
        loans.lent(world, loan_id, "600.00", lena)
        hand.advance(seconds=1)
        loans.commit(loan_id, "400.00", luis, source="wallet")
        loans.settle_until(world, hand, loan_id, "active")

        plan = loans.schedule(loan_id)
        for row in plan:
            loans.until_day(world, hand, row.due_on)
            loans.pay_next_bill(world, cast, loan_id)

        assert loans.loan(loan_id).state == "paid_off"
        interest = sum(row.interest_minor for row in plan)
        back = loans.in_wallet(lena) + loans.in_wallet(luis)
        assert back == 100_000 + interest

        onboarded(world, lena)
        order = wallet.withdraw(
            lena, amount=euros("500.00"), form_key=loans.form_key(), now=clock.now()
        )
        pass_days(world, hand, 5)
        assert loans.wallet_order(order).state == "done"

    def test_instalments_are_taken_from_a_saved_card_and_a_decline_is_paid_by_hand(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        cast, lena = loans.Cast(), an_actor("Lena Lender")
        asked = loans.a_request("1000", months=3)
        loan_id = loans.a_running_loan(world, hand, cast, asked, parts=[(lena, "1000")])
        page = mandates.switch_on(cast.borrower, loan_id, now=clock.now())
        dispatching.dispatch(page)
        world.save_card(page, cards.GOOD)
        world.deliver()
        first, second, third = loans.schedule(loan_id)

        loans.until_day(world, hand, first.due_on)
        pass_days(world, hand, 1)
        assert loans.open_bills(loan_id) == []
        for saved in world.account.of_kind("payment_method"):
            saved["_way"] = cards.SAVED_THEN_DECLINED  # the card has run dry
        loans.until_day(world, hand, second.due_on)
        pass_days(world, hand, 1)
        assert [bill.n for bill in loans.open_bills(loan_id)] == [second.n]
        loans.pay_next_bill(world, cast, loan_id)
        for saved in world.account.of_kind("payment_method"):
            saved["_way"] = cards.GOOD
        loans.until_day(world, hand, third.due_on)
        pass_days(world, hand, 1)

        assert loans.loan(loan_id).state == "paid_off"
        paid = [one["status"] for one in world.account.of_kind("payment_intent")]
        assert paid.count("succeeded") == 4  # the part lent, and three instalments

    def test_one_that_is_not_funded_gives_everybody_everything_back(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        lena, lou = an_actor("Lena Lender"), an_actor("Lou Lender")
        loan_id = loans.a_listed_loan()
        by_card = loans.lent(world, loan_id, "300.00", lena)
        placed = loans.commit(loan_id, "200.00", lou)
        assert placed.instruction_id is not None
        dispatching.dispatch(placed.instruction_id)
        world.pay(placed.instruction_id, cards.REFUND_RETURNS)
        world.deliver()

        pass_days(world, hand, 25)

        assert loans.loan(loan_id).state == "refunded"
        assert loans.commitment(by_card, lena).state == "refunded"
        assert (loans.in_wallet(lena), loans.in_wallet(lou)) == (0, 20_000)

    def test_an_instalment_taken_back_is_owed_again(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        cast, lena = loans.Cast(), an_actor("Lena Lender")
        loan_id = loans.a_running_loan(world, hand, cast, parts=[(lena, "1000")])
        row = loans.schedule(loan_id)[0]
        loans.until_day(world, hand, row.due_on)
        bill = loans.pay_next_bill(world, cast, loan_id)

        found = disputed(world, bill.id)
        lost = decided(world, hand, found.id, won=False)

        assert lost.state == "lost"
        assert balance("loan:debt", loan_id) >= row.outstanding_minor


class TestThePlatform:
    def test_its_fees_are_paid_out_and_a_payout_that_comes_back_is_booked_back(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        onboarded(world, sponsor)
        made = campaigns.a_live_campaign(sponsor, goal=euros(100), days=5)
        campaigns.pledged(world, made, "200.00")
        pass_days(world, hand, 12)
        earned = balance("fees:platform")
        assert earned > 0
        account = scalar("SELECT id FROM ledger_account WHERE kind = 'fees:platform'")
        db.session.rollback()
        planned = a_payout(euros("5.00"), account)
        world.work()
        pass_days(world, hand, 2)
        known = escrow.instruction(planned)
        assert known.state == "succeeded"
        assert balance("fees:platform") == earned - 500

        world.fail_payout(known)
        world.deliver()

        assert escrow.instruction(planned).state == "returned"
        assert balance("fees:platform") == earned

    def test_a_transfer_taken_back_by_hand_is_owed_again(
        self, world: StripeWorld, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        onboarded(world, sponsor)
        made = campaigns.a_live_campaign(sponsor, goal=euros(100), days=5)
        campaigns.pledged(world, made, "100.00")
        pass_days(world, hand, 12)
        release = payment_of(made, "transfer")
        assert release.state == "succeeded"

        world.send_back(release)
        world.deliver()

        known = escrow.instruction(release.id)
        db.session.rollback()
        assert known.state == "returned"
        assert known.finished_at is not None
        assert clock.now() - known.finished_at > timedelta(days=1)
