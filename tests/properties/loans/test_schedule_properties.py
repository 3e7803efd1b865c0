"""Whatever the terms: the principal is repaid to the last unit and nothing is negative."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.kernel.days import DayCount, Period, Unit, due_dates
from marketplace.kernel.money import CURRENCIES, Money, split_cumulative
from marketplace.kernel.rates import Rounding
from marketplace.loans.payoff import quote
from marketplace.loans.schedule import Method, Terms, build, fractions, level_instalment

rates_pct = st.decimals(0, 400, places=4)
terms = st.builds(
    Terms,
    principal=st.builds(Money, st.integers(1, 10**12), st.sampled_from(sorted(CURRENCIES))),
    annual_rate_pct=rates_pct,
    instalments=st.integers(1, 80),
    period=st.builds(Period, st.integers(1, 24), st.sampled_from(Unit)),
    disbursed_on=st.dates(date(1990, 1, 1), date(2100, 12, 31)),
    method=st.sampled_from(Method),
    day_count=st.sampled_from(DayCount),
    rounding=st.sampled_from(Rounding),
)


@given(terms)
def test_a_schedule_repays_the_principal_exactly(made: Terms) -> None:
    rows = build(made)
    assert sum(row.principal.minor for row in rows) == made.principal.minor
    assert rows[-1].outstanding.is_zero
    left = made.principal.minor
    for row in rows:
        assert row.principal.minor >= 0
        assert row.interest.minor >= 0
        left -= row.principal.minor
        assert row.outstanding.minor == left >= 0


@given(terms)
def test_the_number_of_rows_is_a_promise(made: Terms) -> None:
    rows = build(made)
    dues = due_dates(made.disbursed_on, made.period, made.instalments)
    if made.method is Method.BULLET:
        assert [row.due for row in rows] == dues[-1:]
    else:
        assert [row.due for row in rows] == dues
    assert [row.n for row in rows] == list(range(1, len(rows) + 1))


@given(terms)
def test_the_same_terms_give_the_same_rows(made: Terms) -> None:
    assert build(made) == build(made)


@given(terms)
def test_the_level_instalment_is_the_annuity_formula_rounded_once(made: Terms) -> None:
    """An independent calculation: sixty digits of decimals, discount factor by factor."""
    dues = due_dates(made.disbursed_on, made.period, made.instalments)
    with localcontext(prec=60):
        rate, factor, annuity = made.annual_rate_pct / 100, Decimal(1), Decimal(0)
        for part in fractions(made, dues):
            factor /= 1 + rate * part.numerator / part.denominator
            annuity += factor
        exact = made.principal.minor / annuity
        assert abs(level_instalment(made).minor - exact) < Decimal(1) + Decimal("1e-20")
        if made.rounding in {Rounding.HALF_UP, Rounding.HALF_DOWN, Rounding.HALF_EVEN}:
            assert abs(level_instalment(made).minor - exact) <= Decimal("0.5") + Decimal("1e-20")


@given(terms)
def test_flat_and_bullet_interest_is_simple_interest_over_the_term(made: Terms) -> None:
    if made.method not in {Method.FLAT, Method.BULLET}:
        return
    dues = due_dates(made.disbursed_on, made.period, made.instalments)
    exact = made.principal.minor * Fraction(made.annual_rate_pct) / 100
    exact *= sum(fractions(made, dues), Fraction(0))
    assert abs(sum(row.interest.minor for row in build(made)) - exact) < 1


@given(terms, st.data())
def test_a_payoff_on_a_due_date_asks_for_that_rows_interest(
    made: Terms, data: st.DataObject
) -> None:
    rows = build(made)
    paid = data.draw(st.integers(0, len(rows) - 1))
    payoff = quote(made, paid, rows[paid].due)
    opening = rows[paid - 1].outstanding if paid else made.principal
    assert payoff.principal == opening
    assert payoff.amount == opening + payoff.interest
    if made.method is not Method.FLAT:
        assert payoff.interest == rows[paid].interest


@settings(max_examples=40)
@given(
    terms.filter(lambda made: made.method is Method.EQUAL_INSTALMENT),
    st.lists(st.integers(1, 10**9), min_size=1, max_size=40),
)
def test_lenders_never_drift_by_more_than_a_unit_over_the_life(
    made: Terms, shares: list[int]
) -> None:
    whole = sum(shares)
    for portion in ("principal", "interest"):
        got, to_date = [0] * len(shares), 0
        for row in build(made):
            to_date += getattr(row, portion).minor
            now = split_cumulative(to_date, shares, got)
            got = [had + gets for had, gets in zip(got, now, strict=True)]
            for part, share in zip(got, shares, strict=True):
                assert abs(part - Fraction(to_date * share, whole)) < 1
        assert sum(got) == to_date
