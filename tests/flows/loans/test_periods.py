"""Loans of every product from request to schedule: by week, by quarter, at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

import pytest

from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.calendars import is_business_day
from marketplace.kernel.days import due_dates
from marketplace.loans.models import Loan
from marketplace.loans.queries import products
from marketplace.loans.schedule import Method, Terms, dues_of
from marketplace.loans.services import registering
from tests.builders import loans as build
from tests.builders.campaigns import euros
from tests.builders.contracts import officers
from tests.builders.escrow import World
from tests.builders.plain_schedule import plain_amounts


def signed(loan_id: UUID) -> Terms:
    """The schedule's terms of a loan that was paid out."""
    loan = db.session.get_one(Loan, loan_id)
    assert loan.disbursed_on is not None
    terms = loan.servicing_terms(loan.disbursed_on).schedule
    db.session.rollback()
    return terms


def secured() -> list[UUID]:
    """The products behind whose loans something stands."""
    found = [one.id for one in products.products() if one.collateral]
    db.session.rollback()
    return found


def registered(loan_id: UUID) -> None:
    """Register a loan's collateral as one officer and look it up as another."""
    maker, checker = officers()
    registering.record(
        maker, loan_id, office="Register", number="V-1", on=clock.today(), now=clock.now()
    )
    registering.check(checker, loan_id, number="V-1", now=clock.now())


class Sold(NamedTuple):
    """A loan of a product, and how many payments it has."""

    product: str
    amount: str
    instalments: int
    rate_pct: str
    payments: int


SOLD = [
    Sold("micro", "1000", 10, "14.0", 10),
    Sold("business", "10000", 6, "9.0", 6),
    Sold("bridging", "10000", 4, "11.0", 4),
    Sold("harvest", "1000", 9, "10.0", 1),
    Sold("appliance", "1000", 12, "8.0", 12),
    Sold("vehicle", "5000", 12, "8.0", 12),
]


@pytest.mark.parametrize("sold", SOLD, ids=[one.product for one in SOLD])
def test_a_loan_of_each_product_is_scheduled_as_its_terms_say(
    world: World, hand: clock.Hand, cast: build.Cast, sold: Sold
) -> None:
    asked = replace(
        build.a_request(sold.amount), product=sold.product, instalments=sold.instalments
    )

    loan_id = build.a_listed_loan(cast, asked, rate_pct=sold.rate_pct)
    if build.loan(loan_id).product_id in secured():
        registered(loan_id)
    build.onboard(world, cast.borrower)
    build.lent(world, loan_id, sold.amount)
    build.settle_until(world, hand, loan_id, "active")

    terms, lines = signed(loan_id), build.schedule(loan_id)
    principals, interests = plain_amounts(terms)
    assert len(lines) == sold.payments
    assert [line.principal_minor for line in lines] == principals
    assert [line.interest_minor for line in lines] == interests
    assert [line.due_on for line in lines] == list(dues_of(terms))[-sold.payments :]
    assert sum(principals) == euros(sold.amount).minor
    anchors = due_dates(terms.disbursed_on, terms.period, sold.instalments)[-sold.payments :]
    for line, anchor in zip(lines, anchors, strict=True):
        assert is_business_day(terms.calendar, line.due_on)
        assert line.due_on >= anchor
    assert (terms.method is Method.BULLET) == (sold.payments == 1)


def test_a_weekly_bill_comes_three_days_before_it_is_due_and_pays_its_week(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    asked = replace(build.a_request("1000"), product="micro", instalments=4)
    loan_id = build.a_running_loan(world, hand, cast, asked, rate_pct="14.0")
    first = build.schedule(loan_id)[0]
    assert build.open_bills(loan_id) == []

    while clock.today() < first.due_on and not build.open_bills(loan_id):
        build.pass_days(world, hand, 1)

    [bill] = build.open_bills(loan_id)
    assert (first.due_on - clock.today()).days == 3
    assert bill.amount == first.total
    build.pay_next_bill(world, cast, loan_id)
    assert build.loan(loan_id).repayments == 1
