"""A person pays: from the plan to the ledger, whatever order the news comes in."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from marketplace.escrow.events import CheckoutExpired, CheckoutPaid
from marketplace.escrow.services import dispatching, inbox, mirroring
from marketplace.infra import transitions
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken
from marketplace.kernel.money import Money
from marketplace.simulator.refusals import Denied
from tests.builders.escrow import World, a_checkout, an_account, known, provider_total
from tests.builders.identity import a_person

AMOUNT = Money.of("50.00", "EUR")


def test_dispatching_opens_the_providers_page(world: World) -> None:
    sent = dispatching.dispatch(a_checkout(AMOUNT))

    assert sent.state == "sent"
    assert sent.url == f"http://bank.test/pay/{sent.provider_ref}"


def test_a_payment_is_booked_and_announced_once(world: World) -> None:
    paid = world.paid(AMOUNT)

    event = world.told_of(CheckoutPaid)[0]
    assert paid.state == "succeeded"
    assert len(world.told) == 1
    assert (event.instruction_id, event.amount_minor, event.person_id) == (
        paid.id,
        5_000,
        paid.person_id,
    )
    assert event.provider_ref == paid.payment_ref
    assert provider_total("pending") == 5_000


def test_the_return_page_hears_of_a_payment_whose_notice_is_lost(world: World) -> None:
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)
    world.pay(planned)

    seen = dispatching.refresh(planned)
    world.work()

    assert seen.state == "succeeded"
    assert len(world.told_of(CheckoutPaid)) == 1


def test_answer_notice_read_back_and_statement_together_have_one_effect(world: World) -> None:
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)
    world.pay(planned)

    dispatching.refresh(planned)
    mirroring.mirror()
    world.deliver()
    dispatching.refresh(planned)
    world.deliver()

    assert len(world.told_of(CheckoutPaid)) == 1
    assert provider_total("pending") == 5_000 - 95


def test_the_statement_heals_a_lost_notice(world: World) -> None:
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)
    world.pay(planned)

    mirroring.mirror()
    world.work()

    assert known(planned).state == "succeeded"


def test_a_notice_may_come_before_our_own_call_has_returned(world: World) -> None:
    planned = a_checkout(AMOUNT)
    world.wire.trouble = ["answer_lost"]
    dispatching.dispatch(planned)
    lost = known(planned)
    ref = world.bank_ref(lost)

    world.teller.pay(ref)
    world.deliver()

    assert lost.state == "unknown"
    assert known(planned).state == "succeeded"
    assert len(world.told_of(CheckoutPaid)) == 1


def test_a_refused_card_changes_nothing_here(world: World) -> None:
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)

    with pytest.raises(Denied):
        world.pay(planned, "4000000000000002")
    world.deliver()

    assert known(planned).state == "sent"
    assert world.told == []


def test_a_checkout_nobody_pays_expires(world: World, hand: clock.Hand) -> None:
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)

    hand.advance(hours=2)
    world.deliver()

    assert known(planned).state == "expired"
    assert [event.instruction_id for event in world.told_of(CheckoutExpired)] == [planned]


def test_an_expiry_nobody_told_us_of_is_found_by_looking(world: World, hand: clock.Hand) -> None:
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)

    hand.advance(hours=2)
    dispatching.recover()

    assert known(planned).state == "expired"


def test_a_checkout_planned_too_late_is_never_sent(world: World, hand: clock.Hand) -> None:
    planned = a_checkout(AMOUNT)
    hand.advance(hours=2)

    dispatching.dispatch_due()
    dispatching.expire_unsent()
    world.work()

    assert known(planned).state == "expired"
    assert world.wire.calls == []
    assert len(world.told_of(CheckoutExpired)) == 1


def test_the_page_dispatches_first_and_the_background_a_minute_later(
    world: World, hand: clock.Hand
) -> None:
    planned = a_checkout(AMOUNT)

    at_once = dispatching.dispatch_due()
    hand.advance(minutes=1)
    later = dispatching.dispatch_due()

    assert (at_once, later) == (0, 1)
    assert known(planned).url


class TestWithdrawing:
    def test_nobody_can_pay_afterwards(self, world: World) -> None:
        planned = a_checkout(AMOUNT)
        dispatching.dispatch(planned)

        closed = dispatching.withdraw(planned)

        assert closed.state == "expired"
        with pytest.raises(Denied, match="over"):
            world.pay(planned)

    def test_what_was_paid_meanwhile_stays_paid(self, world: World) -> None:
        planned = a_checkout(AMOUNT)
        dispatching.dispatch(planned)
        world.pay(planned)

        assert dispatching.withdraw(planned).state == "succeeded"

    def test_what_was_never_sent_just_ends(self, world: World) -> None:
        planned = a_checkout(AMOUNT)

        assert dispatching.withdraw(planned).state == "expired"
        assert world.wire.calls == []


class TestPlanningAgain:
    def test_while_one_is_open_it_is_the_answer(self, world: World) -> None:
        subject, person, account = uuid4(), a_person().id, an_account()

        first, second = (
            a_checkout(AMOUNT, account, subject_id=subject, person_id=person) for _ in range(2)
        )

        assert first == second

    def test_after_one_has_expired_there_is_a_new_one(self, world: World, hand: clock.Hand) -> None:
        subject, person, account = uuid4(), a_person().id, an_account()
        first = a_checkout(AMOUNT, account, subject_id=subject, person_id=person)
        dispatching.withdraw(first)

        second = a_checkout(AMOUNT, account, subject_id=subject, person_id=person)

        assert first != second
        assert known(second).sequence == 2

    def test_another_amount_is_another_checkout(self, world: World) -> None:
        subject, person, account = uuid4(), a_person().id, an_account()
        first = a_checkout(AMOUNT, account, subject_id=subject, person_id=person)

        second = a_checkout(AMOUNT * 2, account, subject_id=subject, person_id=person)

        assert first != second


def test_each_move_is_in_the_trail(world: World) -> None:
    paid = world.paid(AMOUNT)

    moves = [(m.move, m.actor) for m in transitions.history("instruction", paid.id)]

    assert moves == [("send", "clock"), ("succeed", "provider")]


def test_money_of_another_amount_than_asked_is_never_booked(world: World) -> None:
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)
    with world.bank.work() as work:
        work.run("UPDATE simulator.checkout SET amount_minor = 1")
    world.pay(planned)

    world.teller.deliver_pending(world.receive)
    with pytest.raises(Broken):
        dispatching.refresh(planned)
    inbox.work_inbox()

    assert known(planned).state == "sent"
    assert provider_total("pending") == 0


def test_currencies_live_side_by_side(world: World) -> None:
    for amount in (AMOUNT, Money(5_000, "JPY"), Money(5_000, "KWD")):
        world.paid(amount)

    assert [provider_total("pending", c) for c in ("EUR", "JPY", "KWD")] == [5_000] * 3


def test_a_long_life_is_no_problem(world: World) -> None:
    sent = dispatching.dispatch(a_checkout(AMOUNT, life=timedelta(days=20)))

    assert sent.url
