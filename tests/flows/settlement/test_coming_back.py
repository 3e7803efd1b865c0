"""Money that had arrived and came back, and payees who can no longer be paid."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow import queries
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import dispatching, mirroring, payees
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.loans.replay.events import Intent
from marketplace.loans.services import paying, prepaying, wallet
from marketplace.settlement import emptying, giving_back, runner
from tests.builders import campaigns, loans
from tests.builders.books import prove
from tests.builders.disputes import balance
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_person, an_actor, signed_in
from tests.page_client import PageClient

REFUND_RETURNS = "4000000000007726"
REFUND_FAILS = "4000000000005126"


def last(subject_id: UUID, kind: str) -> Instruction:
    found = [one for one in queries.instructions_for(subject_id) if one.kind == kind][-1]
    db.session.rollback()
    return found


def an_open_checkout(borrower: Actor, loan_id: UUID, what: str) -> InstructionId:
    """What the borrower is about to pay at the provider: the first bill, or all of the loan."""
    if what == "bill":
        (bill,) = loans.open_bills(loan_id)
        checkout = paying.open_checkout(borrower, bill.id, now=clock.now())
    else:
        checkout = prepaying.open_checkout(
            borrower, loan_id, intent=Intent.PAYOFF, amount=None, on=clock.today(),
            form_key="all", now=clock.now(),
        )  # fmt: skip
    dispatching.dispatch(checkout)
    return checkout


def a_paid_out_campaign(world: World, hand: clock.Hand, sponsor: Actor) -> UUID:
    loans.onboard(world, sponsor)
    made = campaigns.a_live_campaign(sponsor, goal=campaigns.euros(100), days=5)
    campaigns.pledged(world, made, "100")
    hand.advance(days=5)
    runner.run(clock.now())
    campaigns.arrive(world, hand)
    assert campaigns.campaign(made).state == "paid_out"
    return made


class TestRefunds:
    def test_a_pledges_refund_that_came_back_is_in_the_wallet(
        self, world: World, hand: clock.Hand, app: Flask
    ) -> None:
        a_top_up(campaigns.euros(50))
        person = a_person("Bo Backer")
        backer = person.as_actor()
        made = campaigns.a_live_campaign()
        placed = campaigns.place(made, "40", backer=backer)
        dispatching.dispatch(placed.checkout_id)
        world.pay(placed.checkout_id, REFUND_RETURNS)
        world.deliver()
        cancel_pledge(backer, placed.pledge_id, clock.now())
        campaigns.arrive(world, hand)
        assert campaigns.state_of(placed.pledge_id) == "refunded"

        hand.advance(days=10)
        world.deliver()

        assert last(placed.pledge_id, "refund").state == "returned"
        assert balance("person:wallet", backer.known()) == 4_000
        assert "Your refund of EUR 40.00 came back" in campaigns.letters_of(backer)
        page = signed_in(PageClient(app), person).get(
            f"/pledges/{public_id('pl', placed.pledge_id)}"
        )
        assert "Your bank sent the refund back: it is in your wallet" in page.text
        prove(world)

    def test_a_lenders_refund_that_came_back_is_in_the_wallet(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(campaigns.euros(50))
        lender, loan_id = an_actor("Lena Lender"), loans.a_listed_loan()
        placed = loans.commit(loan_id, "400", lender)
        assert placed.instruction_id is not None
        dispatching.dispatch(placed.instruction_id)
        world.pay(placed.instruction_id, REFUND_RETURNS)
        world.deliver()
        hand.advance(days=40)
        runner.run(clock.now())
        campaigns.arrive(world, hand)

        hand.advance(days=10)
        world.deliver()

        assert loans.in_wallet(lender) == 40_000
        assert "Your refund of EUR 400.00 came back" in loans.letters_to(lender)
        prove(world)

    def test_where_the_notice_was_lost_the_statement_tells(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(campaigns.euros(50))
        backer, made = an_actor("Bo Backer"), campaigns.a_live_campaign()
        placed = campaigns.place(made, "40", backer=backer)
        dispatching.dispatch(placed.checkout_id)
        world.pay(placed.checkout_id, REFUND_RETURNS)
        world.deliver()
        cancel_pledge(backer, placed.pledge_id, clock.now())
        campaigns.arrive(world, hand)
        hand.advance(days=10)
        world.teller.deliver_pending(lambda _body, _headers: 200)

        mirroring.mirror()
        world.work()

        assert balance("person:wallet", backer.known()) == 4_000
        prove(world)


class TestPayouts:
    def test_a_sponsors_payout_that_came_back_waits_and_is_sent_again(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = a_paid_out_campaign(world, hand, sponsor)
        net_minor = campaigns.campaign(made).net_minor

        world.send_back(last(made, "transfer"))
        world.deliver()

        assert campaigns.campaign(made).state == "funded"
        assert balance("sponsor:payable", made) == net_minor
        hand.advance(days=1)
        runner.run(clock.now())
        campaigns.arrive(world, hand)
        assert campaigns.campaign(made).state == "paid_out"
        assert balance("sponsor:payable", made) == 0
        prove(world)

    def test_a_loan_that_came_back_is_paid_out_again_and_starts_anew(
        self, world: World, hand: clock.Hand
    ) -> None:
        cast = loans.Cast()
        loan_id = loans.a_running_loan(world, hand, cast)
        first_due = loans.schedule(loan_id)[0].due_on

        world.send_back(last(loan_id, "transfer"))
        world.deliver()

        assert loans.loan(loan_id).state == "funded"
        assert loans.schedule(loan_id) == []
        assert "Your bank sent your loan back" in loans.letters_to(cast.borrower)
        loans.settle_until(world, hand, loan_id, "active")
        assert loans.schedule(loan_id)[0].due_on > first_due
        prove(world)

    def test_a_loan_that_came_back_after_an_instalment_is_in_the_wallet(
        self, world: World, hand: clock.Hand
    ) -> None:
        cast = loans.Cast()
        loan_id = loans.a_running_loan(world, hand, cast)
        loans.until_day(world, hand, loans.schedule(loan_id)[0].due_on - timedelta(days=1))
        loans.pay_next_bill(world, cast, loan_id)
        paid_out = last(loan_id, "transfer")

        world.send_back(paid_out)
        world.deliver()

        assert loans.loan(loan_id).state == "active"
        assert loans.in_wallet(cast.borrower) == paid_out.amount_minor
        prove(world)

    @pytest.mark.parametrize("what", ["bill", "prepayment"])
    def test_who_pays_for_a_loan_that_came_back_meanwhile_has_all_of_it_back(
        self, world: World, hand: clock.Hand, what: str
    ) -> None:
        a_top_up(campaigns.euros(50))
        cast = loans.Cast()
        loan_id = loans.a_running_loan(world, hand, cast)
        loans.until_day(world, hand, loans.schedule(loan_id)[0].due_on)
        checkout = an_open_checkout(cast.borrower, loan_id, what)
        world.send_back(last(loan_id, "transfer"))
        world.deliver()
        assert loans.loan(loan_id).state == "funded"

        world.pay(checkout, REFUND_FAILS)
        world.deliver()
        hand.advance(days=1)
        world.deliver()

        assert loans.loan(loan_id).state == "funded"
        assert loans.in_wallet(cast.borrower) == queries.instruction(checkout).amount_minor
        db.session.rollback()
        prove(world)

    def test_a_lender_whose_payment_took_back_other_money_gets_the_part_in_the_wallet(
        self, world: World, hand: clock.Hand
    ) -> None:
        cast, lender = loans.Cast(), an_actor("Lena Lender")
        loans.topped_up(world, lender, "50")
        hand.advance(days=1)
        loan_id = loans.a_running_loan(world, hand, cast, parts=[(lender, "1000")])
        hand.advance(days=82)
        emptied = emptying.empty(lender.known(), "EUR", clock.now())
        assert [line.kind for line in emptied] == ["holding.refund"]
        world.work()
        world.send_back(last(loan_id, "transfer"))
        world.deliver()
        assert loans.loan(loan_id).state == "funded"

        lines = giving_back.undo_lending(loan_id, clock.now())

        assert [line.note for line in lines if line.kind == "loan.refund"] == ["to the wallet"]
        assert loans.loan(loan_id).state == "refunded"
        assert loans.in_wallet(lender) == 1_000_00
        prove(world)

    def test_a_lender_whose_bank_took_the_payment_back_gets_the_part_in_the_wallet_that_paid_for_it(
        self, world: World, hand: clock.Hand
    ) -> None:
        cast, lender = loans.Cast(), an_actor("Lena Lender")
        loans.topped_up(world, lender, "1000")
        loan_id = loans.a_running_loan(world, hand, cast, parts=[(lender, "1000")])
        world.dispute(last(loans.notes(lender)[0].commitment_id, "checkout"))
        world.deliver()
        runner.run(clock.now())
        assert loans.in_wallet(lender) == 0
        world.send_back(last(loan_id, "transfer"))
        world.deliver()

        giving_back.undo_lending(loan_id, clock.now())

        assert loans.loan(loan_id).state == "refunded"
        assert loans.in_wallet(lender) == 1_000_00
        prove(world)

    def test_a_withdrawal_that_came_back_is_in_the_wallet_again(
        self, world: World, hand: clock.Hand
    ) -> None:
        person = an_actor("Wilma Wallet")
        loans.onboard(world, person)
        loans.topped_up(world, person, "100")
        hand.advance(days=3)
        world.deliver()
        order_id = wallet.withdraw(
            person, amount=campaigns.euros(60), form_key=loans.form_key(), now=clock.now()
        )
        campaigns.arrive(world, hand)
        assert loans.wallet_order(order_id).state == "done"

        world.send_back(last(order_id, "transfer"))
        world.deliver()

        assert loans.wallet_order(order_id).state == "failed"
        assert loans.in_wallet(person) == 10_000
        prove(world)


class TestPayees:
    def test_who_can_no_longer_be_paid_is_told_and_paid_when_they_can(
        self, world: World, hand: clock.Hand, app: Flask
    ) -> None:
        person = a_person("Sponsor Sol")
        sponsor = person.as_actor()
        loans.onboard(world, sponsor)
        made = campaigns.a_live_campaign(sponsor, goal=campaigns.euros(100), days=5)
        campaigns.pledged(world, made, "100")
        hand.advance(days=5)
        world.restrict(sponsor.known())
        runner.run(clock.now())

        campaigns.arrive(world, hand)

        assert last(made, "transfer").state == "planned"
        assert payees.payee(sponsor.known()).state == "pending"
        db.session.rollback()
        assert "Your payout waits" in campaigns.letters_of(sponsor)
        page = signed_in(PageClient(app), person).get("/account/payouts")
        assert "Your payout waits" in page.text
        loans.onboard(world, sponsor)
        campaigns.arrive(world, hand)
        assert campaigns.campaign(made).state == "paid_out"
        prove(world)

    def test_a_payee_that_cannot_be_read_is_paid_a_minute_later(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        loans.onboard(world, sponsor)
        made = campaigns.a_live_campaign(sponsor, goal=campaigns.euros(100), days=5)
        campaigns.pledged(world, made, "100")
        hand.advance(days=5)
        runner.run(clock.now())
        world.wire.trouble = ["lost"]

        world.work()

        transfer = last(made, "transfer")
        assert (transfer.state, transfer.attempts) == ("planned", 0)
        campaigns.arrive(world, hand)
        assert campaigns.campaign(made).state == "paid_out"
        prove(world)
