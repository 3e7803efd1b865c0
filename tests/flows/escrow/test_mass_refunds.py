"""Many refunds planned at once: the same rules as one by one, in a handful of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest

from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import planning
from marketplace.escrow.services.planning import RefundPlan
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.kernel.errors import Broken, Refusal
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from tests.builders.escrow import World, a_checkout, an_account, known
from tests.statements import listening

TEN = Money.of("10.00", "EUR")


@command
def plan(plans: Sequence[RefundPlan]) -> list[InstructionId]:
    return planning.plan_refunds(plans)


def refund_of(paid: Instruction, amount: Money = TEN, sequence: int = 1) -> RefundPlan:
    return RefundPlan(
        of=paid.id,
        subject_id=paid.subject_id,
        amount=amount,
        debit_account=paid.account_id,
        purpose="pledge",
        cause=paid.cause,
        reason="The goal was missed.",
        sequence=sequence,
    )


def available(account: int) -> int:
    found = ledger.balance(account).available_minor
    db.session.rollback()
    return found


def test_they_come_back_in_the_order_asked_for_with_their_money_set_aside(world: World) -> None:
    account = an_account()
    paid = [world.paid(TEN, account) for _ in range(5)]

    planned = plan([refund_of(one) for one in reversed(paid)])

    found = [known(one) for one in planned]
    assert [one.of_id for one in found] == [one.id for one in reversed(paid)]
    assert {one.kind for one in found} == {"refund"}
    assert [one.person_id for one in found] == [one.person_id for one in reversed(paid)]
    assert available(account) == 0


def test_planned_again_they_are_the_same_refunds(world: World) -> None:
    account = an_account()
    paid = [world.paid(TEN, account) for _ in range(3)]
    plans = [refund_of(one) for one in paid]
    first = plan(plans[:2])

    again = plan(plans)

    assert again[:2] == first
    assert len(set(again)) == 3
    assert available(account) == 0


def test_one_by_one_and_all_at_once_is_the_same_refund(world: World) -> None:
    account = an_account()
    paid = world.paid(TEN, account)

    @command
    def alone() -> InstructionId:
        one = refund_of(paid)
        return planning.plan_refund(**{name: getattr(one, name) for name in one.__slots__})

    assert plan([refund_of(paid)]) == [alone()]
    assert available(account) == 0


def test_another_amount_for_the_same_subject_is_a_mistake(world: World) -> None:
    account = an_account()
    paid = world.paid(TEN, account)
    plan([refund_of(paid)])

    with pytest.raises(Broken, match="another refund"):
        plan([refund_of(paid, Money.of("9.00", "EUR"))])


@pytest.mark.parametrize("amounts", [("10.01",), ("6.00", "4.01")])
def test_more_than_was_paid_is_never_given_back(world: World, amounts: tuple[str, ...]) -> None:
    account = an_account()
    paid = world.paid(TEN, account)
    world.paid(TEN, account)  # the account itself would hold enough

    with pytest.raises(Broken, match="exceed what was paid"):
        plan(
            [
                refund_of(paid, Money.of(amount, "EUR"), sequence)
                for sequence, amount in enumerate(amounts, start=1)
            ]
        )
    assert available(account) == 2_000


def test_what_was_not_paid_cannot_go_back_and_nothing_of_the_rest_is_planned(
    world: World,
) -> None:
    account = an_account()
    paid = world.paid(TEN, account)
    unpaid = known(a_checkout(TEN, account))

    for other in (refund_of(unpaid), replace(refund_of(paid), of=InstructionId(uuid4()))):
        with pytest.raises(Broken, match="nobody has paid"):
            plan([refund_of(paid), other])
    assert available(account) == 1_000


def test_an_account_that_does_not_hold_it_gives_nothing(world: World) -> None:
    account = an_account()
    paid = world.paid(TEN, account)

    with pytest.raises(Refusal, match="overdraft"):
        plan([replace(refund_of(paid), debit_account=an_account())])
    assert available(account) == 1_000


def test_no_refund_costs_a_statement_of_its_own(world: World) -> None:
    account = an_account()
    few = [world.paid(TEN, account) for _ in range(2)]
    many = [world.paid(TEN, account) for _ in range(12)]
    with listening() as heard_for_few:
        plan([refund_of(one) for one in few])

    with listening() as heard_for_many:
        plan([refund_of(one) for one in many])

    assert len(heard_for_many) <= len(heard_for_few)


def test_nobody_asked_for_anything(world: World) -> None:
    del world

    assert plan([]) == []
