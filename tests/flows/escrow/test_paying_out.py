"""Refunds, transfers and top-ups: set aside first, settled or set free by the provider's word."""

from __future__ import annotations

from uuid import uuid4

import pytest

from marketplace.escrow.events import (
    PayeeReady,
    RefundFailed,
    RefundSettled,
    TransferFailed,
    TransferSettled,
)
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import dispatching, mirroring, payees, planning
from marketplace.escrow.services.planning import RefundPlan
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken, Refusal
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from tests.builders.escrow import (
    World,
    a_payee,
    a_refund,
    a_top_up,
    a_transfer,
    an_account,
    known,
    provider_total,
)
from tests.builders.identity import a_person

AMOUNT = Money.of("50.00", "EUR")


def balance(account: int) -> tuple[int, int]:
    """Posted, and still available, in minor units."""
    found = ledger.balance(account)
    db.session.rollback()
    return found.posted_minor, found.available_minor


class TestRefunds:
    def test_money_is_set_aside_at_once(self, world: World) -> None:
        paid = world.paid(AMOUNT)

        a_refund(paid)

        assert balance(paid.account_id) == (5_000, 0)

    def test_it_waits_at_the_provider_and_is_settled_when_it_is_paid(
        self, world: World, hand: clock.Hand
    ) -> None:
        paid = world.paid(AMOUNT)
        planned = a_refund(paid)
        world.work()
        waiting = known(planned)

        a_top_up(Money.of("0.95", "EUR"))
        hand.advance(days=2)
        world.deliver()

        assert (waiting.state, bool(waiting.provider_ref)) == ("sent", True)
        assert known(planned).state == "succeeded"
        assert balance(paid.account_id) == (0, 0)
        assert [e.of_id for e in world.told_of(RefundSettled)] == [paid.id]

    def test_a_refund_that_fails_gives_the_money_back_to_its_account(self, world: World) -> None:
        planned = self._paid_with(world, "4000000000005126")

        refund = a_refund(planned)
        world.work()
        world.work()

        assert known(refund).state == "failed"
        assert balance(planned.account_id) == (5_000, 5_000)
        assert world.told_of(RefundFailed)[0].reason == "account_closed"

    def test_planned_twice_it_is_one_refund(self, world: World) -> None:
        paid = world.paid(AMOUNT)

        assert a_refund(paid) == a_refund(paid)
        assert balance(paid.account_id) == (5_000, 0)

    def test_two_equal_parts_are_two_refunds(self, world: World) -> None:
        paid = world.paid(AMOUNT)
        half = Money.of("25.00", "EUR")

        first, second = a_refund(paid, half, 1), a_refund(paid, half, 2)

        assert first != second
        assert balance(paid.account_id) == (5_000, 0)

    def test_more_than_was_paid_is_never_given_back(self, world: World) -> None:
        account = an_account()
        paid = world.paid(AMOUNT, account)
        world.paid(AMOUNT, account)  # others' money on the same account must not help

        with pytest.raises(Broken, match="exceed"):
            a_refund(paid, AMOUNT * 2)

    def test_what_the_account_does_not_hold_is_refused(self, world: World) -> None:
        paid = world.paid(AMOUNT)

        with pytest.raises(Refusal) as refusal:
            a_transfer(a_person().id, Money.of("50.01", "EUR"), paid.account_id)

        assert refusal.value.code == "overdraft"

    def test_many_are_planned_at_once(self, world: World) -> None:
        account = an_account()
        paid = [world.paid(AMOUNT, account) for _ in range(3)]

        planned = _plan_all(paid)
        again = _plan_all(paid)
        world.work()

        assert planned == again
        assert balance(account) == (15_000, 0)
        assert {known(one).state for one in planned} == {"sent"}

    def test_only_a_paid_checkout_can_be_given_back(self, world: World) -> None:
        paid = world.paid(AMOUNT)
        refund = known(a_refund(paid))

        with pytest.raises(Broken, match="that succeeded"):
            a_refund(refund)

    def _paid_with(self, world: World, card: str) -> Instruction:
        from tests.builders.escrow import a_checkout

        planned = a_checkout(AMOUNT)
        dispatching.dispatch(planned)
        world.pay(planned, card)
        world.deliver()
        return known(planned)


class TestTransfers:
    def test_a_payee_is_paid_when_the_money_is_available(
        self, world: World, hand: clock.Hand
    ) -> None:
        payee = a_payee(world)
        paid = world.paid(AMOUNT)
        planned = a_transfer(payee, Money.of("45.00", "EUR"), paid.account_id)
        world.work()
        early = known(planned)

        hand.advance(days=3)
        dispatching.dispatch_due()
        world.work()

        assert (early.state, early.last_error) == ("planned", "insufficient_available")
        assert early.refusals == 1
        assert known(planned).state == "succeeded"
        assert balance(paid.account_id) == (500, 500)
        assert [e.person_id for e in world.told_of(TransferSettled)] == [payee]

    def test_it_waits_for_the_payee(self, world: World, hand: clock.Hand) -> None:
        paid, person = world.paid(AMOUNT), a_person().id
        hand.advance(days=3)
        planned = a_transfer(person, Money.of("45.00", "EUR"), paid.account_id)
        world.work()
        before = known(planned)

        payees.start_onboarding(person, "/account")
        ref = payees.payee(person).provider_ref
        db.session.rollback()
        world.teller.onboard(str(ref))
        world.deliver()

        assert (before.state, before.attempts) == ("planned", 0)
        assert known(planned).state == "succeeded"

    def test_a_transfer_that_can_never_be_made_gives_the_money_back(
        self, world: World, hand: clock.Hand
    ) -> None:
        payee = a_payee(world, "10000002")
        paid = world.paid(AMOUNT)
        hand.advance(days=3)

        planned = a_transfer(payee, Money.of("45.00", "EUR"), paid.account_id)
        world.work()

        assert (known(planned).state, known(planned).last_error) == ("failed", "account_closed")
        assert balance(paid.account_id) == (5_000, 5_000)
        assert world.told_of(TransferFailed)[0].reason == "account_closed"

    def test_planned_twice_it_is_one_transfer(self, world: World) -> None:
        payee, paid, subject = a_payee(world), world.paid(AMOUNT), uuid4()

        first, second = (
            a_transfer(payee, Money.of("45.00", "EUR"), paid.account_id, subject) for _ in range(2)
        )

        assert first == second
        assert balance(paid.account_id) == (5_000, 500)

    def test_another_transfer_under_the_same_number_is_a_mistake(self, world: World) -> None:
        payee, paid, subject = a_payee(world), world.paid(AMOUNT), uuid4()
        a_transfer(payee, Money.of("20.00", "EUR"), paid.account_id, subject)

        with pytest.raises(Broken, match="another transfer"):
            a_transfer(payee, Money.of("21.00", "EUR"), paid.account_id, subject)


class TestPayees:
    def test_somebody_new_has_no_state(self, world: World) -> None:
        assert payees.payee(a_person().id).state == "none"

    def test_onboarding_leads_to_ready(self, world: World) -> None:
        payee = a_payee(world)

        assert payees.payee(payee).state == "ready"
        assert [e.person_id for e in world.told_of(PayeeReady)] == [payee]

    def test_starting_again_gives_a_fresh_link_and_no_second_payee(self, world: World) -> None:
        person = a_person().id

        first, second = (payees.start_onboarding(person, "/account") for _ in range(2))

        assert first != second
        assert [call for call in world.wire.calls if call == ("POST", "/v1/payees")] == [
            ("POST", "/v1/payees")
        ]

    def test_the_return_page_hears_of_it_without_a_notice(self, world: World) -> None:
        person = a_person().id
        payees.start_onboarding(person, "/account")
        ref = payees.payee(person).provider_ref
        db.session.rollback()
        world.teller.onboard(str(ref))

        assert payees.refresh(person).state == "ready"


class TestTheReserve:
    def test_a_top_up_is_available_and_owned_by_the_reserve(self, world: World) -> None:
        done = a_top_up(Money.of("100.00", "EUR"))

        assert done.state == "succeeded"
        assert provider_total("available") == 10_000
        assert ledger.total("refund_reserve", "EUR") == 10_000


class TestTheStatement:
    def test_fees_are_booked_from_it_once(self, world: World) -> None:
        world.paid(AMOUNT)

        mirroring.mirror()
        mirroring.mirror()

        assert ledger.total("fees:provider", "EUR") == 95
        assert provider_total("pending") == 4_905

    def test_money_matures_when_it_says_so(self, world: World, hand: clock.Hand) -> None:
        world.paid(AMOUNT)
        mirroring.mirror()

        hand.advance(days=2)
        mirroring.mirror()
        mirroring.mirror()

        assert (provider_total("pending"), provider_total("available")) == (0, 4_905)


@command
def _plan_all(paid: list[Instruction]) -> list[InstructionId]:
    return planning.plan_refunds(
        [
            RefundPlan(
                of=one.id,
                subject_id=one.subject_id,
                amount=one.amount,
                debit_account=one.account_id,
                purpose="pledge",
                cause=one.cause,
                reason="The goal was missed.",
            )
            for one in paid
        ]
    )
