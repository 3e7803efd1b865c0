"""Money in a wallet is as old as the payment it came from; the oldest is spent first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask

from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
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


def test_each_payment_into_a_wallet_keeps_its_own_day(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    first = clock.today()
    build.topped_up(world, lena, "100")
    hand.advance(days=10)
    build.topped_up(world, lena, "50")

    assert in_it(lena) == [("100.00", first), ("50.00", first + timedelta(days=10))]
    assert wallet_age.oldest(lena.known(), "EUR") == first + USABLE
    assert wallet_age.oldest(lena.known(), "USD") is None


def test_what_is_lent_is_the_oldest_and_is_as_old_as_it(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    first = clock.today()
    build.topped_up(world, lena, "100")
    hand.advance(days=10)
    build.topped_up(world, lena, "50")
    loan_id = build.a_listed_loan()

    placed = build.commit(loan_id, "120", lena, source="wallet")

    assert in_it(lena) == [("30.00", first + timedelta(days=10))]
    assert build.commitment(placed.commitment_id, lena).leave_by == first + USABLE


def test_what_was_lent_and_came_back_unlent_is_as_old_as_before(
    world: World, hand: clock.Hand, lena: Actor
) -> None:
    first = clock.today()
    build.topped_up(world, lena, "100")
    hand.advance(days=10)
    build.topped_up(world, lena, "50")
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
