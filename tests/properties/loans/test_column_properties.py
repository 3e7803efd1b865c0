"""Many schedules at once are those of one at a time, to the unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.kernel.calendars import Calendar
from marketplace.kernel.days import DayCount, Period, Unit
from marketplace.kernel.money import Money
from marketplace.kernel.rates import Rounding
from marketplace.loans.columns import RATE_PARTS, columns
from marketplace.loans.schedule import Method, Terms, amounts_of

patterns = st.builds(
    Terms,
    principal=st.just(Money(1, "EUR")),
    annual_rate_pct=st.just(Decimal(0)),
    instalments=st.one_of(st.just(1), st.integers(1, 60), st.just(600)),
    period=st.builds(Period, st.integers(1, 6), st.sampled_from([Unit.MONTHS, Unit.WEEKS])),
    disbursed_on=st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    method=st.sampled_from(Method),
    day_count=st.sampled_from(DayCount),
    rounding=st.sampled_from([Rounding.HALF_UP, *Rounding]),
    calendar=st.sampled_from(Calendar),
)
principals = st.one_of(st.integers(1, 60), st.integers(1, 10**9), st.integers(1, 10**15))
rates = st.one_of(
    st.just(0), st.integers(0, 10_000).map(lambda bps: bps * 100), st.integers(0, 10**6)
)


@settings(max_examples=150)
@given(patterns, st.lists(st.tuples(principals, rates), min_size=1, max_size=12))
def test_each_loan_gets_its_own_schedule(pattern: Terms, loans: list[tuple[int, int]]) -> None:
    found = columns(
        pattern,
        np.array([principal for principal, _ in loans], np.int64),
        np.array([rate for _, rate in loans], np.int64),
    )

    for n, (principal, rate) in enumerate(loans):
        alone = amounts_of(by_itself(pattern, principal, rate))
        assert found.principals[:, n].tolist() == alone.principals
        assert found.interests[:, n].tolist() == alone.interests


def by_itself(pattern: Terms, principal: int, rate: int) -> Terms:
    return replace(
        pattern,
        principal=Money(principal, "EUR"),
        annual_rate_pct=Decimal(rate) * 100 / RATE_PARTS,
    )


@pytest.mark.parametrize("method", list(Method))
def test_more_loans_than_one_block_holds_repay_their_principals(method: Method) -> None:
    pattern = Terms(
        Money(1, "EUR"), Decimal(0), 36, Period(1, Unit.MONTHS), date(2026, 1, 31), method
    )
    lent = np.arange(50_000, 60_000, dtype=np.int64)
    found = columns(pattern, lent, np.full(len(lent), 89_500, np.int64))

    assert (found.principals.sum(axis=0) == lent).all()
    assert found.principals.min() >= 0
    assert found.interests.min() >= 0
    for n in (0, 4_095, 4_096, 9_999):
        alone = amounts_of(by_itself(pattern, int(lent[n]), 89_500))
        assert found.interests[:, n].tolist() == alone.interests


def test_nothing_lent_is_nothing_owed() -> None:
    pattern = Terms(Money(1, "EUR"), Decimal(0), 3, Period(1, Unit.MONTHS), date(2026, 1, 31))
    none = np.array([], np.int64)

    assert columns(pattern, none, none).principals.shape == (3, 0)
