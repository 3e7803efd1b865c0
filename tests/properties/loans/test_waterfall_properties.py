"""Whatever is owed and paid: every cent lands in one place, in the agreed order."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.money import Money
from marketplace.loans.waterfall import (
    Charge,
    Instalment,
    Mode,
    Order,
    Part,
    Portion,
    after,
    allocate,
    parts_of,
)

START = date(2026, 1, 1)
days = st.integers(0, 400).map(lambda n: START + timedelta(days=n))
euros = st.integers(0, 100_000).map(lambda minor: Money(minor, "EUR"))
orders = st.permutations(list(Portion)).map(tuple)
rules = st.builds(Order, orders, orders, st.sampled_from(Mode))
schedules = st.lists(st.builds(Instalment, days, euros, euros), min_size=1, max_size=12).map(
    lambda rows: sorted(rows, key=lambda row: row.due)
)
charges = st.lists(
    st.builds(Charge, st.sampled_from([Portion.PENALTY, Portion.FEE]), days, euros), max_size=6
)
payments = st.lists(st.tuples(days, st.integers(1, 200_000)), max_size=12).map(sorted)


def owed(parts: list[Part]) -> int:
    return sum(part.amount.minor for part in parts)


@given(schedules, charges, payments, rules)
def test_every_cent_of_a_payment_is_settled_or_overpaid(
    rows: list[Instalment], extra: list[Charge], paid: list[tuple[date, int]], order: Order
) -> None:
    parts = parts_of(rows, extra)
    for on, minor in paid:
        allocation = allocate(parts, Money(minor, "EUR"), on, order)
        settled = sum(line.amount.minor for line in allocation.lines)
        assert settled + allocation.overpaid.minor == minor
        assert sum(allocation.of(portion).minor for portion in Portion) == settled
        rest = after(parts, allocation)
        assert owed(rest) == owed(parts) - settled
        assert allocation.overpaid.is_zero or not rest
        parts = rest


@given(schedules, charges, days, st.integers(1, 500_000), rules)
def test_nothing_is_paid_in_advance_while_something_is_due(
    rows: list[Instalment], extra: list[Charge], on: date, minor: int, order: Order
) -> None:
    parts = parts_of(rows, extra)
    allocation = allocate(parts, Money(minor, "EUR"), on, order)
    if any(line.part.due > on for line in allocation.lines):
        assert not [part for part in after(parts, allocation) if part.due <= on]


debts = st.builds(parts_of, schedules, charges)


@given(debts, days, st.integers(1, 250_000), st.integers(1, 250_000), rules)
def test_two_payments_on_one_day_settle_what_one_would(
    parts: list[Part], on: date, first: int, second: int, order: Order
) -> None:
    at_once = after(parts, allocate(parts, Money(first + second, "EUR"), on, order))
    half = after(parts, allocate(parts, Money(first, "EUR"), on, order))
    in_two = after(half, allocate(half, Money(second, "EUR"), on, order))
    assert at_once == in_two
