"""A bank holds the money: paid in by reference, paid out by file, told by statements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from marketplace.escrow import gateway
from marketplace.escrow.events import (
    CheckoutPaid,
    RefundReturned,
    RefundSettled,
    TransferFailed,
    TransferReturned,
    TransferSettled,
)
from marketplace.escrow.queries import bank, differences
from marketplace.escrow.reconcile import reconcile
from marketplace.escrow.services import bank_orders, dispatching, statements
from marketplace.infra import jobs
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal, Stale
from marketplace.kernel.money import Money
from marketplace.ledger import checks, queries
from tests.builders.bank import (
    HOUSE,
    THEIRS,
    BankWorld,
    Booking,
    a_bank_payee,
    a_bank_world,
    a_camt,
    cents,
    officer,
)
from tests.builders.escrow import a_checkout, a_refund, a_transfer, an_account, known

AMOUNT = Money.of("50.00", "EUR")


@pytest.fixture
def world(app: Flask) -> Iterator[BankWorld]:
    with a_bank_world(app) as world:
        yield world


def asked(world: BankWorld, account: int | None = None) -> tuple[object, str]:
    planned = a_checkout(AMOUNT, account)
    dispatching.dispatch(planned)
    return planned, world.reference(known(planned).operation_id)


def proved() -> None:
    broken = [found for found in checks.run(clock.now()) if not found.holds]
    db.session.rollback()
    assert not broken
    assert reconcile().differences == ()


def exported() -> str:
    now = clock.now()
    number = bank_orders.export(officer(), HOUSE.account, execute_on=now.date(), now=now)
    body = bank.file_body(number)
    db.session.rollback()
    return body


class TestMoneyIn:
    def test_a_transfer_with_the_reference_and_the_amount_pays(self, world: BankWorld) -> None:
        planned, reference = asked(world)

        brought = world.brings(Booking("B1", 5_000, f"thanks {reference}"))

        assert (brought.fresh, brought.matched) == (1, 1)
        assert known(planned).state == "succeeded"  # type: ignore[arg-type]
        assert known(planned).method == "bank_transfer"  # type: ignore[arg-type]
        assert len(world.told_of(CheckoutPaid)) == 1
        proved()

    @pytest.mark.parametrize("minor", [4_999, 5_001])
    def test_another_amount_is_nobodys_payment_and_stands_as_a_difference(
        self, world: BankWorld, minor: int
    ) -> None:
        planned, reference = asked(world)

        world.brings(Booking("B1", minor, reference))

        assert known(planned).state == "sent"  # type: ignore[arg-type]
        assert [each.type for each in reconcile().differences] == ["unknown", "total"]

    def test_paid_twice_counts_once_and_the_second_stays_for_a_person(
        self, world: BankWorld
    ) -> None:
        _planned, reference = asked(world)

        world.brings(Booking("B1", 5_000, reference), Booking("B2", 5_000, reference))

        assert len(world.told_of(CheckoutPaid)) == 1
        assert [line.bank_ref for line in bank.unmatched()] == ["B2"]

    def test_the_same_file_again_and_an_overlapping_one_change_nothing(
        self, world: BankWorld
    ) -> None:
        _planned, reference = asked(world)
        line = Booking("B1", 5_000, reference)
        text = a_camt([line])
        world.brings(text=text)

        again = world.brings(text=text)
        wider = world.brings(text=a_camt([line, Booking("B2", 100)], number=9))

        assert (again.fresh, wider.fresh) == (0, 1)
        assert len(world.told_of(CheckoutPaid)) == 1

    def test_a_payment_without_reference_is_assigned_by_hand(self, world: BankWorld) -> None:
        planned, _reference = asked(world)
        world.brings(Booking("B1", 5_000, "for the lighthouse"))
        reconcile()
        (line,) = bank.unmatched()
        db.session.rollback()

        statements.assign(officer(), line.id, known(planned).operation_id, clock.now())  # type: ignore[arg-type]
        jobs.run_due()

        assert known(planned).state == "succeeded"  # type: ignore[arg-type]
        proved()
        assert differences.standing("bank") == []

    def test_it_is_not_assigned_to_a_payment_of_another_amount(self, world: BankWorld) -> None:
        planned, _reference = asked(world)
        world.brings(Booking("B1", 4_000, "for the lighthouse"))
        (line,) = bank.unmatched()
        db.session.rollback()

        with pytest.raises(Refusal, match="order_other_amount"):
            statements.assign(officer(), line.id, known(planned).operation_id, clock.now())  # type: ignore[arg-type]

    def test_what_nobody_transferred_in_five_days_is_over(
        self, world: BankWorld, hand: clock.Hand
    ) -> None:
        planned, reference = asked(world)
        hand.advance(days=6)
        dispatching.refresh(planned)  # type: ignore[arg-type]

        world.brings(Booking("B1", 5_000, reference))

        assert known(planned).state == "expired"  # type: ignore[arg-type]
        assert [line.bank_ref for line in bank.unmatched()] == ["B1"]

    def test_a_statement_of_another_account_is_refused_whole(self, world: BankWorld) -> None:
        with pytest.raises(Refusal, match="statement_other_account"):
            world.brings(text=a_camt([Booking("B1", 5_000)], account=THEIRS))
        assert bank.statements() == []


class TestMoneyOut:
    def paid(self, world: BankWorld) -> tuple[object, int]:
        account = an_account()
        planned, reference = asked(world, account)
        world.brings(Booking(f"P{world.statements}", 5_000, reference))
        return planned, account

    def test_a_refund_goes_to_the_account_it_came_from(self, world: BankWorld) -> None:
        planned, _account = self.paid(world)
        refund = a_refund(known(planned))  # type: ignore[arg-type]
        jobs.run_due()

        body = exported()
        world.brings(Booking("R1", -5_000, end=known(refund).operation_id))

        assert THEIRS in body
        assert known(refund).operation_id in body
        assert known(refund).state == "succeeded"
        assert len(world.told_of(RefundSettled)) == 1
        proved()

    def test_a_payee_is_paid_and_what_comes_back_is_theirs_again(self, world: BankWorld) -> None:
        _planned, account = self.paid(world)
        transfer = a_transfer(a_bank_payee(), AMOUNT, account)
        jobs.run_due()
        exported()
        world.brings(Booking("T1", -5_000, end=known(transfer).operation_id))
        assert len(world.told_of(TransferSettled)) == 1

        world.brings(Booking("T2", 5_000, end=known(transfer).operation_id, returned="AC04"))

        (back,) = world.told_of(TransferReturned)
        assert (known(transfer).state, back.reason) == ("returned", "AC04")  # type: ignore[attr-defined]
        assert queries.balance(account).available_minor == 5_000
        db.session.rollback()
        proved()

    def test_out_and_back_on_one_statement_is_both(self, world: BankWorld) -> None:
        planned, _account = self.paid(world)
        refund = a_refund(known(planned))  # type: ignore[arg-type]
        jobs.run_due()
        exported()
        name = known(refund).operation_id

        world.brings(
            Booking("R1", -5_000, end=name), Booking("R2", 5_000, end=name, returned="MD07")
        )

        assert known(refund).state == "returned"
        assert (len(world.told_of(RefundSettled)), len(world.told_of(RefundReturned))) == (1, 1)
        proved()

    def test_what_the_bank_refuses_is_free_again(self, world: BankWorld) -> None:
        _planned, account = self.paid(world)
        transfer = a_transfer(a_bank_payee(), AMOUNT, account)
        jobs.run_due()
        exported()
        order = bank.order_of(known(transfer).operation_id)
        db.session.rollback()
        assert order is not None

        bank_orders.refuse(officer(), order.id, reason="refused_by_bank", now=clock.now())
        jobs.run_due()

        assert len(world.told_of(TransferFailed)) == 1
        assert queries.balance(account).available_minor == 5_000
        db.session.rollback()
        with pytest.raises(Stale):
            bank_orders.refuse(officer(), order.id, reason="again", now=clock.now())

    def test_each_order_is_in_one_file(self, world: BankWorld) -> None:
        planned, _account = self.paid(world)
        a_refund(known(planned))  # type: ignore[arg-type]
        jobs.run_due()
        exported()

        with pytest.raises(Refusal, match="no_payment_orders"):
            exported()

    def test_more_than_is_on_the_account_waits(self, world: BankWorld) -> None:
        account = an_account()
        _planned, reference = asked(world, account)
        world.brings(Booking("B1", 5_000, reference))
        first = a_transfer(a_bank_payee(), cents(3_000), account)
        second = a_transfer(a_bank_payee(), cents(2_000), account)
        jobs.run_due()
        world.brings(Booking("FEE", -100, "account fee"))
        third = known(a_transfer(a_bank_payee(), cents(1), an_account_with(world, 1)))
        jobs.run_due()

        assert {known(each).state for each in (first, second)} == {"sent"}
        assert known(third.id).state == "planned"

    def test_the_door_takes_no_notices(self, world: BankWorld) -> None:
        client = world.app.test_client()

        assert client.post("/webhooks/simulator", data=b"{}").status_code == 404
        assert gateway.current().terms.label == HOUSE.bank


def an_account_with(world: BankWorld, minor: int) -> int:
    account = an_account()
    planned = a_checkout(cents(minor), account)
    dispatching.dispatch(planned)
    reference = world.reference(known(planned).operation_id)
    world.brings(Booking(f"A{world.statements}", minor, reference))
    return account
