"""Whatever the amounts and shares: nothing is lost and nobody drifts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import (
    CURRENCIES,
    MINOR_MAX,
    Money,
    parse_amount,
    split_cumulative,
    split_minor,
)

currencies = st.sampled_from(sorted(CURRENCIES))
amounts = st.integers(-MINOR_MAX, MINOR_MAX)
shares = st.lists(st.integers(0, 10**12), min_size=1, max_size=40).filter(any)


@given(amounts, shares)
def test_a_split_conserves_and_every_part_is_within_one_unit(
    total: int, weights: list[int]
) -> None:
    parts = split_minor(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@given(amounts, shares)
def test_a_larger_share_never_gets_less(total: int, weights: list[int]) -> None:
    parts = split_minor(abs(total), weights)
    by_weight = sorted(zip(weights, parts, strict=True))
    assert all(a[1] <= b[1] for a, b in pairwise(by_weight) if a[0] < b[0])


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60), shares)
def test_a_cumulative_split_never_drifts_over_a_loans_life(
    payments: list[int], weights: list[int]
) -> None:
    got, to_date, whole = [0] * len(weights), 0, sum(weights)
    for payment in payments:
        to_date += payment
        now = split_cumulative(to_date, weights, got)
        assert sum(now) == payment
        assert min(now) >= -1
        got = [had + gets for had, gets in zip(got, now, strict=True)]
        for part, weight in zip(got, weights, strict=True):
            assert abs(part - Fraction(to_date * weight, whole)) < 1
    assert got == split_minor(to_date, weights)


@given(amounts, currencies)
def test_an_amount_survives_being_written_and_read(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert Money.of(amount.decimal(), currency) == amount
    assert Money.of(f"{amount.decimal():f}", currency) == amount


@given(st.integers(1, MINOR_MAX), currencies)
def test_a_person_may_type_what_is_shown(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert parse_amount(str(amount).removeprefix(f"{currency} "), currency) == amount


@given(st.text(max_size=60), currencies)
def test_any_text_is_an_amount_or_a_refusal(text: str, currency: str) -> None:
    try:
        amount = parse_amount(text, currency)
    except Refusal:
        return
    assert 0 < amount.minor <= MINOR_MAX
    assert amount.currency == currency


@given(st.integers(0, MINOR_MAX), st.decimals(0, 10, places=12))
def test_a_rate_is_applied_within_half_a_unit(minor: int, rate: Decimal) -> None:
    exact = minor * Fraction(rate)
    assert abs(Money(minor, "EUR").times(rate).minor - exact) <= Fraction(1, 2)
