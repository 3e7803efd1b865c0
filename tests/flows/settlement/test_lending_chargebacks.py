"""Payments of lenders, borrowers and wallets that a bank takes back: who bears it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace import wiring
from marketplace.escrow.gateway import DisputeStanding, SeenDispute
from marketplace.escrow.queries import Instruction
from marketplace.escrow.queries.disputes import Dispute
from marketplace.escrow.services import disputing
from marketplace.infra.database import db, scalar
from marketplace.infra.events import subscribe
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.loans.events import PaymentReceived
from marketplace.loans.services import wallet
from marketplace.settlement import giving_back, runner
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.disputes import balance, called, decided, dispute, disputed, payment_of
from tests.builders.escrow import World, a_top_up, known
from tests.builders.identity import an_actor


@pytest.fixture(autouse=True)
def reserve(world: World) -> None:
    """Money of the house, out of which a bank can take what it takes back, and its fee."""
    a_top_up(build.euros(2_000))


def a_billed_loan(
    world: World, hand: clock.Hand, cast: build.Cast, lender: Actor
) -> tuple[UUID, UUID]:
    """A running loan of one lender with its first bill open; returns both."""
    loan_id = build.a_running_loan(world, hand, cast, parts=[(lender, "1000")])
    build.until_day(world, hand, build.schedule(loan_id)[0].due_on - timedelta(days=1))
    return loan_id, build.open_bills(loan_id)[0].id


def payout_of(loan_id: UUID) -> Instruction:
    """The transfer that paid a loan out."""
    sql = "SELECT id FROM escrow_instruction WHERE purpose = 'disbursement' AND subject_id = %s"
    return known(scalar(sql, (loan_id,)))


class TestCommitments:
    def test_of_a_loan_still_funding_the_part_is_free_again(self, world: World) -> None:
        lender = an_actor("Lena Lender")
        loan_id = build.a_listed_loan()
        commitment_id = build.lent(world, loan_id, "400", lender)

        found = disputed(world, commitment_id)

        assert build.commitment(commitment_id, lender).state == "charged_back"
        assert build.loan(loan_id).committed_minor == 0
        assert balance("escrow:loan", loan_id) == 0
        assert (found.loss.minor, found.recovery) == (0, "done")
        assert "Your bank took EUR 400.00 back" in build.letters_to(lender)
        build.lent(world, loan_id, "1000")
        assert build.loan(loan_id).state in {"funded", "disbursing"}
        prove(world)

    def test_won_after_that_it_is_in_the_wallet(self, world: World, hand: clock.Hand) -> None:
        lender = an_actor("Lena Lender")
        loan_id = build.a_listed_loan()
        commitment_id = build.lent(world, loan_id, "400", lender)
        found = disputed(world, commitment_id)

        found = decided(world, hand, found.id, won=True)

        assert found.recovery == "undone"
        assert build.commitment(commitment_id, lender).state == "refunded"
        assert build.in_wallet(lender) == 40_000
        prove(world)

    def test_of_a_loan_paid_out_the_note_pays_it_back(self, world: World, hand: clock.Hand) -> None:
        cast, lender = build.Cast(), an_actor("Lena Lender")
        loan_id, _bill_id = a_billed_loan(world, hand, cast, lender)
        [commitment_id] = [note.commitment_id for note in build.notes(lender)]

        found = disputed(world, commitment_id)
        assert (found.loss.minor, found.recovery) == (100_000, "waiting")
        bill = build.pay_next_bill(world, cast, loan_id)
        runner.run(clock.now())

        found = dispute(found.id)
        assert found.recovered_minor == bill.amount.minor
        assert build.in_wallet(lender) == 0
        assert build.commitment(commitment_id, lender).state == "converted"
        assert "Your wallet is charged EUR 1,000.00" in build.letters_to(lender)
        prove(world)

    def test_of_an_expired_loan_the_refund_is_stopped(self, world: World, hand: clock.Hand) -> None:
        lender = an_actor("Lena Lender")
        loan_id = build.a_listed_loan()
        commitment_id = build.lent(world, loan_id, "400", lender)
        world.dispute(payment_of(commitment_id))
        hand.advance(days=40)
        runner.run(clock.now())

        world.deliver()
        runner.run(clock.now())
        world.deliver()

        assert build.commitment(commitment_id, lender).state == "charged_back"
        assert build.loan(loan_id).state == "refunded"
        assert build.in_wallet(lender) == 0
        prove(world)

    def test_of_a_loan_undone_later_the_lender_pays_once(
        self, world: World, hand: clock.Hand
    ) -> None:
        lender = an_actor("Lena Lender")
        loan_id = build.a_running_loan(world, hand, parts=[(lender, "1000")])
        build.topped_up(world, lender, "300")
        [commitment_id] = [note.commitment_id for note in build.notes(lender)]
        found = disputed(world, commitment_id)
        assert (found.recovered_minor, build.in_wallet(lender)) == (30_000, 0)

        world.send_back(payout_of(loan_id))
        world.deliver()
        giving_back.undo_lending(loan_id, clock.now())
        runner.run(clock.now())
        world.deliver()

        assert build.commitment(commitment_id, lender).state == "charged_back"
        assert dispute(found.id).loss.minor == 0
        assert build.in_wallet(lender) == 30_000
        prove(world)


class TestBills:
    def test_not_shared_yet_the_instalment_is_due_again(
        self, world: World, hand: clock.Hand
    ) -> None:
        cast, lender = build.Cast(), an_actor("Lena Lender")
        loan_id, bill_id = a_billed_loan(world, hand, cast, lender)
        with_payment_but_not_shared(world, cast, loan_id)

        found = told_of(bill_id)

        assert [bill.id for bill in build.open_bills(loan_id)] == [bill_id]
        assert (found.loss.minor, found.recovery) == (0, "done")
        assert balance("escrow:loan", loan_id) == 0

    def test_paid_anew_it_is_shared_once(self, world: World, hand: clock.Hand) -> None:
        cast, lender = build.Cast(), an_actor("Lena Lender")
        loan_id, bill_id = a_billed_loan(world, hand, cast, lender)
        with_payment_but_not_shared(world, cast, loan_id)
        told_of(bill_id)

        bill = build.pay_next_bill(world, cast, loan_id)
        runner.run(clock.now())

        assert build.in_wallet(lender) == bill.amount.minor
        assert "Instalment 1 is due again" in build.letters_to(cast.borrower)

    def test_shared_already_the_borrower_owes_it_to_us(
        self, world: World, hand: clock.Hand
    ) -> None:
        cast, lender = build.Cast(), an_actor("Lena Lender")
        loan_id, bill_id = a_billed_loan(world, hand, cast, lender)
        bill = build.pay_next_bill(world, cast, loan_id)
        runner.run(clock.now())

        found = disputed(world, bill_id)

        assert found.recovery == "waiting"
        assert build.in_wallet(lender) == bill.amount.minor
        build.topped_up(world, cast.borrower, "500")
        runner.run(clock.now())
        found = dispute(found.id)
        assert (found.loss.minor, found.recovery) == (0, "done")
        assert build.in_wallet(cast.borrower) == 50_000 - bill.amount.minor
        prove(world)

    def test_won_it_is_in_the_borrowers_wallet_again(self, world: World, hand: clock.Hand) -> None:
        cast, lender = build.Cast(), an_actor("Lena Lender")
        loan_id, bill_id = a_billed_loan(world, hand, cast, lender)
        build.pay_next_bill(world, cast, loan_id)
        runner.run(clock.now())
        build.topped_up(world, cast.borrower, "500")
        found = disputed(world, bill_id)

        decided(world, hand, found.id, won=True)

        assert build.in_wallet(cast.borrower) == 50_000
        prove(world)


class TestWallets:
    def test_what_is_there_is_taken_and_the_rest_when_it_comes(self, world: World) -> None:
        person, loan_id = an_actor("Wilma Wallet"), build.a_listed_loan()
        order_id = build.topped_up(world, person, "500")
        build.commit(loan_id, "300", person, source="wallet")

        found = disputed(world, order_id)

        assert (found.recovered_minor, found.recovery) == (20_000, "waiting")
        assert build.in_wallet(person) == 0
        build.topped_up(world, person, "400")
        runner.run(clock.now())
        assert build.in_wallet(person) == 10_000
        assert dispute(found.id).recovery == "done"
        prove(world)

    def test_who_owes_cannot_withdraw(self, world: World) -> None:
        person, loan_id = an_actor("Wilma Wallet"), build.a_listed_loan()
        build.onboard(world, person)
        order_id = build.topped_up(world, person, "500")
        build.commit(loan_id, "500", person, source="wallet")
        disputed(world, order_id)
        build.topped_up(world, person, "100")

        with pytest.raises(Refusal, match="wallet_owes"):
            wallet.withdraw(
                person, amount=build.euros(100), form_key=build.form_key(), now=clock.now()
            )

    def test_won_the_wallet_has_it_again(self, world: World, hand: clock.Hand) -> None:
        person = an_actor("Wilma Wallet")
        found = disputed(world, build.topped_up(world, person, "500"))

        decided(world, hand, found.id, won=True)

        assert build.in_wallet(person) == 50_000
        prove(world)


def with_payment_but_not_shared(world: World, cast: build.Cast, loan_id: UUID) -> None:
    """The bill is paid, and settlement has not shared it yet."""
    subscribe({**wiring.EVENTS, PaymentReceived: []})
    build.pay_next_bill(world, cast, loan_id)
    wiring.tell_everybody()
    assert scalar("SELECT count(*) FROM receipt WHERE distributed_at IS NOT NULL") == 0
    db.session.rollback()


def told_of(subject_id: UUID) -> Dispute:
    """Hear of a dispute without the rest of the house going on meanwhile."""
    paid = known(payment_of(subject_id).id)
    assert paid.payment_ref is not None
    seen = SeenDispute(
        ref="dp_seen",
        payment_ref=paid.payment_ref,
        operation_id=paid.operation_id,
        amount=paid.amount,
        standing=DisputeStanding.NEEDS_RESPONSE,
        reason="fraudulent",
        opened_at=clock.now(),
        withdrawn=True,
    )
    disputing.record(seen, clock.now())
    runner.run(clock.now())
    return called("dp_seen")
