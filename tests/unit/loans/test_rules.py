"""What may be asked, offered and lent, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.money import Money
from marketplace.loans.rules import Room, burden_pct, commitment_refusals, reviewer_refusals
from marketplace.loans.states import Bucket, bucket, days_late

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BORROWER, LENDER = uuid4(), uuid4()


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def room(left: int, least: int = 1_000, *, is_open: bool = True) -> Room:
    return Room(eur(left), eur(least), NOW + timedelta(days=1), BORROWER, is_open)


def code(amount: int, found: Room, lender: UUID = LENDER, at: datetime = NOW) -> str:
    refused = commitment_refusals(eur(amount), found, lender, at)
    return refused[0].code if refused else ""


@given(left=st.integers(0, 10_000), least=st.integers(1, 3_000), amount=st.integers(1, 12_000))
def test_whatever_is_allowed_leaves_nothing_or_something_that_can_be_lent(
    left: int, least: int, amount: int
) -> None:
    refused = code(amount, room(left, least))

    rest = left - amount
    fits = least <= amount <= left and (rest == 0 or rest >= least)
    assert (refused == "") == fits


@given(left=st.integers(1_000, 10_000), least=st.integers(1, 1_000), amount=st.integers(1, 12_000))
def test_what_a_refusal_suggests_instead_is_allowed(left: int, least: int, amount: int) -> None:
    found = room(left, least)
    for refusal in commitment_refusals(eur(amount), found, LENDER, NOW):
        for instead in (refusal.facts.get("at_most"), refusal.facts.get("left")):
            if isinstance(instead, Money):
                assert code(instead.minor, found) == ""


def test_the_moment_funding_ends_is_too_late_and_the_one_before_is_not() -> None:
    found = room(5_000)

    assert code(1_000, found, at=found.until) == "lend_closed"
    assert code(1_000, found, at=found.until - timedelta(microseconds=1)) == ""


def test_who_asks_matters_before_what_is_asked() -> None:
    assert code(1, room(0, is_open=False), lender=BORROWER) == "lend_to_self"
    assert code(1, room(0, is_open=False)) == "lend_closed"


def test_nobody_reviews_an_own_case_or_twice() -> None:
    first = uuid4()

    assert reviewer_refusals(BORROWER, BORROWER, None)[0].code == "review_own_case"
    assert reviewer_refusals(first, BORROWER, first)[0].code == "review_same_person"
    assert reviewer_refusals(uuid4(), BORROWER, first) == []


@pytest.mark.parametrize(
    ("income", "obligations", "instalment", "expected"),
    [
        (240_000, 80_000, 8_745, 37),
        (100_000, 50_000, 500, 51),  # 50.5 is rounded up
        (100_000, 90_000, 60_000, 150),
        (0, 0, 8_745, 100),
    ],
)
def test_the_burden_is_a_whole_percent_of_income(
    income: int, obligations: int, instalment: int, expected: int
) -> None:
    assert burden_pct(eur(income), eur(obligations), eur(instalment)) == Decimal(expected)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, Bucket.CURRENT),
        (1, Bucket.DAYS_1_30),
        (30, Bucket.DAYS_1_30),
        (31, Bucket.DAYS_31_60),
        (60, Bucket.DAYS_31_60),
        (61, Bucket.DAYS_61_90),
        (90, Bucket.DAYS_61_90),
        (91, Bucket.DAYS_90_PLUS),
    ],
)
def test_every_day_late_has_one_bucket(days: int, expected: Bucket) -> None:
    assert bucket(days) is expected


def test_a_bill_is_not_late_on_its_own_day() -> None:
    due = NOW.date()

    assert [days_late(due, due + timedelta(days=n)) for n in (-1, 0, 1)] == [0, 0, 1]
