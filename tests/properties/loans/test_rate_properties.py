"""Whatever the flows: the rate found balances them, and is found where there is one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.loans.apr import eu_apr_pct, us_apr_pct
from marketplace.loans.roots import Flow, nearest_root, value
from marketplace.loans.xirr import xirr

START = date(2020, 1, 1)
back = st.lists(st.tuples(st.integers(1, 4000), st.integers(1, 10**7)), min_size=1, max_size=40)


@given(st.integers(1, 10**8), back)
def test_an_investment_with_any_return_has_exactly_one_rate(
    given: int, flows: list[tuple[int, int]]
) -> None:
    dated = [(START, Decimal(-given) / 100)]
    dated += [(START + timedelta(days=day), Decimal(minor) / 100) for day, minor in flows]
    found = xirr(dated)
    assert found is not None
    assert found >= -1
    if Decimal("-0.99") < found < 1000:
        terms = [(float(amount), (on - START).days / 365, 0.0) for on, amount in dated]
        x = float((1 + found).ln())
        near = 1e-6 * max(1.0, abs(x))
        assert value(terms, x - near) > 0 > value(terms, x + near)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(-(10**6), 10**6)), max_size=12))
def test_a_rate_that_is_given_really_balances(flows: list[tuple[int, int]]) -> None:
    dated = [(START + timedelta(days=day), Decimal(minor)) for day, minor in flows]
    found = xirr(dated)
    if found is None or not Decimal("-0.99") < found < 1000:
        return
    terms = [(float(a), (on - START).days / 365, 0.0) for on, a in dated]
    x, near = float((1 + found).ln()), 1e-6
    around = sorted((value(terms, x - near), value(terms, x + near)))
    size = sum(abs(a) for a, *_ in terms)
    assert around[0] <= 1e-9 * size
    assert around[1] >= -1e-9 * size


@settings(max_examples=60)
@given(
    st.integers(1, 200),
    st.decimals("0.01", "60", places=2),
    st.sampled_from([1, 2, 4, 12, 24, 26, 52]),
    st.fractions(0, Fraction(29, 30), max_denominator=30),
)
def test_the_us_rate_comes_back_from_the_payments_it_makes(
    count: int, apr_pct: Decimal, a_year: int, odd: Fraction
) -> None:
    rate = Fraction(apr_pct) / 100 / a_year
    times = range(1, count + 1)
    worth = sum((1 / ((1 + odd * rate) * (1 + rate) ** t) for t in times), Fraction(0))
    payment = Decimal(10**20 * worth.denominator // worth.numerator)
    payments = [Flow(payment, Fraction(t), odd) for t in times]
    given_out = [Flow(Decimal(10**20), Fraction(0))]
    assert abs(us_apr_pct(given_out, payments, Fraction(a_year)) - apr_pct) <= Decimal("0.01")


@settings(max_examples=60)
@given(st.integers(1, 120), st.decimals("0.01", "300", places=2))
def test_the_european_rate_is_the_effective_one(months: int, apr_pct: Decimal) -> None:
    growth = (1 + apr_pct / 100) ** (Decimal(1) / 12)
    back = sum(growth ** (months - month) for month in range(1, months + 1))
    payment = growth**months * 10**9 / back
    repayments = [Flow(payment, Fraction(month, 12)) for month in range(1, months + 1)]
    assert abs(eu_apr_pct([Flow(Decimal(10**9), Fraction(0))], repayments) - apr_pct) <= Decimal(
        "0.01"
    )


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 10**6)), min_size=1, max_size=20))
def test_money_that_only_goes_one_way_has_no_rate(flows: list[tuple[int, int]]) -> None:
    assert nearest_root([Flow(Decimal(a), Fraction(t)) for t, a in flows], 0.1) is None
