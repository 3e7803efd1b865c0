"""Money in a wallet is as old as the payment it came from; the oldest is spent first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask

from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.loans.queries import wallet_age
from tests.builders import loans as build
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor

USABLE = timedelta(days=83)


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with build.a_market(app, database_url) as world:
        a_top_up(build.euros(100))
        yield world


@pytest.fixture
def lena(world: World) -> Actor:
    del world
    return an_actor("Lena Lender")


def in_it(person: Actor) -> list[tuple[str, date]]:
    found = wallet_age.lots(person.known())
    db.session.rollback()
    return [(str(lot.amount.decimal()), lot.paid_on) for lot in found]


def two_payments(world: World, hand: clock.Hand, lender: Actor, *, days_between: int = 10) -> date:
    """100.00 today and 50.00 some days later; returns the day of the first."""
    first = clock.today()
    build.topped_up(world, lender, "100")
    hand.advance(days=days_between)
    build.topped_up(world, lender, "50")
    return first


def test_each_payment_into_a_wallet_keeps_its_own_day(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    first = two_payments(world, hand, lena)

    assert in_it(lena) == [("100.00", first), ("50.00", first + timedelta(days=10))]
    assert wallet_age.oldest(lena.known(), "EUR") == first + USABLE
    assert wallet_age.oldest(lena.known(), "USD") is None


def test_what_is_lent_is_the_oldest_and_is_as_old_as_it(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    first = two_payments(world, hand, lena)
    loan_id = build.a_listed_loan()

    placed = build.commit(loan_id, "120", lena, source="wallet")

    assert in_it(lena) == [("30.00", first + timedelta(days=10))]
    assert build.commitment(placed.commitment_id, lena).leave_by == first + USABLE


def test_a_loan_that_may_need_the_money_longer_than_it_may_stay_takes_nothing_from_the_wallet(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    """Funding, reflection and signature take 14 + 4 + 14 days; the loan would lose the part."""
    first = two_payments(world, hand, lena, days_between=51)
    loan_id = build.a_listed_loan(reflection_days=4)

    with pytest.raises(Refusal) as refused:
        build.commit(loan_id, "20", lena, source="wallet")

    assert (refused.value.code, refused.value.field) == ("wallet_leaves", "source")
    assert refused.value.facts == {
        "first": build.euros(100),
        "leave_by": first + USABLE,
        "needed_until": first + timedelta(days=51 + 14 + 4 + 14),
    }
    assert build.in_wallet(lena) == 150_00
    assert build.loan(loan_id).committed_minor == 0


def test_what_may_stay_a_day_longer_than_the_loan_may_need_it_is_never_taken_out_again(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    build.topped_up(world, lena, "100")
    hand.advance(days=50)
    loan_id = build.a_listed_loan(reflection_days=4)

    placed = build.commit(loan_id, "20", lena, source="wallet")

    needed_until = clock.today() + timedelta(days=14 + 4 + 14)
    assert build.commitment(placed.commitment_id, lena).leave_by == needed_until + timedelta(days=1)


def test_what_was_lent_and_came_back_unlent_is_as_old_as_before(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    first = two_payments(world, hand, lena)
    build.commit(build.a_listed_loan(), "120", lena, source="wallet")

    build.pass_days(world, hand, 40)

    assert in_it(lena) == [("100.00", first), ("50.00", first + timedelta(days=10))]


def test_a_share_of_a_repayment_is_as_old_as_the_payment_of_its_bill(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    cast = build.Cast()
    loan_id = build.a_running_loan(world, hand, cast, parts=[(lena, "1000")])
    build.until_day(world, hand, build.schedule(loan_id)[0].due_on - timedelta(days=1))
    paid_on = clock.today()
    build.pay_next_bill(world, cast, loan_id)
    hand.advance(days=3)
    build.pass_days(world, hand, 1)

    assert [paid for _amount, paid in in_it(lena)] == [paid_on]
    assert wallet_age.oldest(lena.known(), "EUR") == paid_on + USABLE


def test_every_share_of_one_repayment_is_there_in_each_wallet_and_each_part_of_it(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    other, cast = an_actor("Otto Other"), build.Cast()
    parts = [(lena, "300"), (other, "500"), (lena, "200")]
    loan_id = build.a_running_loan(world, hand, cast, parts=parts)
    build.until_day(world, hand, build.schedule(loan_id)[0].due_on - timedelta(days=1))
    paid_on = clock.today()
    build.pay_next_bill(world, cast, loan_id)
    build.pass_days(world, hand, 1)
    build.topped_up(world, other, "7")

    found = wallet_age.lots_of([lena.known(), other.known()])
    db.session.rollback()

    of = {
        person: [lot for lot in found if lot.person_id == person.known()]
        for person in (lena, other)
    }
    assert len(found) == len(of[lena]) + len(of[other])
    assert {lot.paid_on for lot in of[lena]} == {paid_on}
    assert [lot.paid_on for lot in of[other]] == [paid_on, clock.today()]
    for person, lots in of.items():
        assert sum(lot.amount_minor for lot in lots) == build.in_wallet(person)
    assert [lot.amount_minor for lot in wallet_age.lots(other.known())] == [
        lot.amount_minor for lot in of[other]
    ]


def test_all_that_is_too_old_for_a_loan_is_named_together(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    first = two_payments(world, hand, lena)
    held = wallet_age.lots(lena.known(), "EUR")
    db.session.rollback()

    assert wallet_age.too_old(held, first + USABLE - timedelta(days=1)) is None
    for needed, minor, last in ((0, 10_000, 0), (9, 10_000, 0), (10, 15_000, 10)):
        stale = wallet_age.too_old(held, first + USABLE + timedelta(days=needed))
        assert stale is not None
        assert stale.amount.minor == minor
        assert stale.leave_by == first + USABLE + timedelta(days=last)
