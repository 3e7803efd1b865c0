"""Whatever the terms: the principal is repaid to the last unit and nothing is negative."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.kernel.calendars import Calendar, is_business_day
from marketplace.kernel.days import DayCount, Period, Unit, due_dates
from marketplace.kernel.money import CURRENCIES, Money, split_cumulative
from marketplace.kernel.rates import Rounding
from marketplace.loans.payoff import quote
from marketplace.loans.schedule import (
    Method,
    Terms,
    amounts_of,
    build,
    dues_of,
    fractions,
    level_instalment,
)
from tests.builders.plain_schedule import plain_amounts

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
    calendar=st.sampled_from(Calendar),
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
    dues = list(dues_of(made))
    if made.method is Method.BULLET:
        assert [row.due for row in rows] == dues[-1:]
    else:
        assert [row.due for row in rows] == dues
    assert [row.n for row in rows] == list(range(1, len(rows) + 1))


@settings(max_examples=400)
@given(terms)
def test_whole_numbers_give_what_fractions_give(made: Terms) -> None:
    """The fast arithmetic against the plain one, in every method, day count and rounding."""
    assert tuple(amounts_of(made)) == plain_amounts(made)


small = st.builds(
    Terms,
    principal=st.builds(Money, st.integers(1, 60), st.just("EUR")),
    annual_rate_pct=st.one_of(st.just(Decimal(0)), rates_pct),
    instalments=st.one_of(st.just(1), st.integers(1, 90), st.just(600)),
    period=st.builds(Period, st.integers(1, 3), st.sampled_from([Unit.MONTHS, Unit.WEEKS])),
    disbursed_on=st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    method=st.sampled_from(Method),
    day_count=st.sampled_from(DayCount),
    rounding=st.sampled_from(Rounding),
)


@settings(max_examples=200)
@given(small)
def test_a_few_cents_over_any_number_of_rows_are_repaid_and_never_less_than_nothing(
    made: Terms,
) -> None:
    principals, interests = amounts_of(made)
    assert (principals, interests) == plain_amounts(made)
    assert len(principals) == (1 if made.method is Method.BULLET else made.instalments)
    assert sum(principals) == made.principal.minor
    assert min(principals) >= 0
    assert min(interests) >= 0
    if not made.annual_rate_pct:
        assert not any(interests)


@given(terms)
def test_a_due_date_is_the_first_open_day_from_its_anchor_on(made: Terms) -> None:
    anchors = due_dates(made.disbursed_on, made.period, made.instalments)
    for anchor, due in zip(anchors, dues_of(made), strict=True):
        days = [anchor + timedelta(days=n) for n in range((due - anchor).days + 1)]
        open_days = [day for day in days if is_business_day(made.calendar, day)]
        assert open_days == [due]


@given(terms)
def test_holidays_move_days_and_under_equal_periods_no_cent(made: Terms) -> None:
    if made.day_count is DayCount.EQUAL_PERIOD:
        assert amounts_of(made) == amounts_of(replace(made, calendar=Calendar.NONE))


@given(terms)
def test_the_same_terms_give_the_same_rows(made: Terms) -> None:
    assert build(made) == build(made)


@given(terms)
def test_the_level_instalment_is_the_annuity_formula_rounded_once(made: Terms) -> None:
    """An independent calculation: sixty digits of decimals, discount factor by factor."""
    dues = dues_of(made)
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
    dues = dues_of(made)
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
