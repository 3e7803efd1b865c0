"""What a loan costs and what lending brings: figures worked out by hand beside those shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from marketplace.kernel.calendars import Calendar
from marketplace.kernel.days import Period, Unit
from marketplace.kernel.money import Money
from marketplace.loans.pricing import LoanTerms, indicative, outcomes, quote, schedule_of
from marketplace.loans.schedule import Method

START = date(2026, 1, 31)
TERMS = LoanTerms(Money.of("1000", "EUR"), Decimal("0.09"), 12, origination_fee_bps=200)


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


def test_a_quote_says_the_whole_cost() -> None:
    found = quote(TERMS, START)

    assert found.instalment == eur("87.45")
    assert found.last == eur("87.48")
    assert (found.fee, found.paid_out) == (eur("20.00"), eur("980.00"))
    assert found.total == eur("1049.43")  # 11 x 87.45 + 87.48
    assert found.cost == eur("69.43")  # interest 49.43 and the fee
    assert found.apr_pct == Decimal("12.83")  # the rate that balances 980.00 and those twelve


@pytest.mark.parametrize(
    ("calendar", "day_count", "from_on"),
    [
        ("", "EQUAL_PERIOD", date(2026, 3, 1)),  # the same figures all month
        ("", "ACT/365F", date(2026, 3, 18)),
        ("TARGET", "EQUAL_PERIOD", date(2026, 3, 18)),
        ("TARGET", "ACT/365F", date(2026, 3, 18)),
    ],
)
def test_an_example_is_what_the_contract_would_say_were_it_paid_out_today(
    calendar: str, day_count: str, from_on: date
) -> None:
    terms = replace(TERMS, calendar=calendar, day_count=day_count)

    found = indicative(terms, date(2026, 3, 18))

    assert found.rows == schedule_of(terms, from_on)
    assert found.total == quote(terms, date(2026, 3, 18)).total
    if calendar:  # 18 April is a Saturday
        assert found.rows[0].due == date(2026, 4, 20)


def test_best_is_everything_worst_is_nothing_and_expected_is_between() -> None:
    rows = quote(TERMS, START).rows

    found = outcomes(TERMS, rows, eur("100"), Decimal("0.018"))

    at_risk = sum(row.outstanding.minor + row.principal.minor for row in rows)
    lost = Fraction(100 * at_risk, 100_000 * 12) * Fraction("0.018")
    assert found.best == eur("104.94")
    assert found.worst == eur("0")
    assert found.expected == eur(str(round(Decimal("104.943") - Decimal(float(lost)), 2)))


@pytest.mark.parametrize("loss", ["0", "0.018", "1"])
def test_the_three_cases_keep_their_order(loss: str) -> None:
    found = outcomes(TERMS, quote(TERMS, START).rows, eur("100"), Decimal(loss))

    assert found.worst <= found.expected <= found.best


def test_a_lenders_fee_is_taken_from_interest_only() -> None:
    rows = quote(TERMS, START).rows

    assert outcomes(TERMS, rows, eur("1000"), Decimal(0), lender_fee_bps=1_000).best == eur(
        "1044.49"
    )


def test_a_fee_that_eats_the_loan_has_no_rate() -> None:
    eaten = LoanTerms(eur("1000"), Decimal("0.09"), 12, origination_fee_bps=10_000)

    assert quote(eaten, START).apr_pct is None


def lent_for(
    instalments: int, period: Period, method: Method = Method.EQUAL_INSTALMENT
) -> LoanTerms:
    return LoanTerms(eur("10000"), Decimal("0.12"), instalments, 300, method=method, period=period)


MONTH, WEEK, QUARTER = Period(1, Unit.MONTHS), Period(1, Unit.WEEKS), Period(3, Unit.MONTHS)


def test_two_laws_give_two_rates_for_one_loan() -> None:
    """Policies 5.4: 10,000, twelve times 888.49, 300 kept at the start."""
    found = quote(lent_for(12, MONTH), START)

    assert (found.apr_pct, found.apr_eu_pct) == (Decimal("17.83"), Decimal("19.36"))


@pytest.mark.parametrize(
    ("instalments", "period", "method"),
    [
        (12, MONTH, Method.EQUAL_INSTALMENT),
        (26, WEEK, Method.EQUAL_INSTALMENT),
        (8, QUARTER, Method.INTEREST_ONLY),
        (24, MONTH, Method.EQUAL_PRINCIPAL),
        (52, WEEK, Method.FLAT),
    ],
)
def test_the_effective_rate_is_the_nominal_one_compounded(
    instalments: int, period: Period, method: Method
) -> None:
    """Both equations find the same rate of a period; one law multiplies it, the other compounds."""
    found = quote(lent_for(instalments, period, method), START)
    a_year = {"MONTHS": 12, "WEEKS": 52}[period.unit] / period.every

    assert found.apr_pct is not None
    assert found.apr_eu_pct is not None
    compounded = ((1 + float(found.apr_pct) / 100 / a_year) ** a_year - 1) * 100
    assert abs(compounded - float(found.apr_eu_pct)) < 0.013  # both are rounded to 0.01


def test_what_is_paid_weekly_balances_at_the_weekly_rate() -> None:
    found = quote(lent_for(26, WEEK), START)

    assert found.apr_pct is not None
    week = float(found.apr_pct) / 100 / 52
    worth = sum(float(row.total.decimal()) / (1 + week) ** row.n for row in found.rows)
    assert worth == pytest.approx(9_700, abs=0.5)


@pytest.mark.parametrize(
    ("months", "apr", "apr_eu"),
    [
        # 9,700 becomes 10,000 + 9 %: a term within a year is itself the unit-period
        (9, (10_900 / 9_700 - 1) * 12 / 9, (10_900 / 9_700) ** (12 / 9) - 1),
        # 18 months are a year and half of one: (1 + i)(1 + i/2) = 11,800/9,700, solved for i
        (18, (2.25 - 2 * (1 - 11_800 / 9_700)) ** 0.5 - 1.5, (11_800 / 9_700) ** (12 / 18) - 1),
    ],
)
def test_one_payment_at_the_end_is_priced_over_its_term(
    months: int, apr: float, apr_eu: float
) -> None:
    found = quote(lent_for(months, MONTH, Method.BULLET), START)

    assert len(found.rows) == 1
    assert found.apr_pct == round(Decimal(apr) * 100, 2)
    assert found.apr_eu_pct == round(Decimal(apr_eu) * 100, 2)


def test_a_holiday_moves_the_day_and_neither_rate() -> None:
    plain = lent_for(26, WEEK)
    shifted = replace(plain, calendar=Calendar.TARGET)

    here, there = quote(plain, date(2026, 4, 3)), quote(shifted, date(2026, 4, 3))

    assert [row.due for row in here.rows] != [row.due for row in there.rows]
    assert (here.apr_pct, here.apr_eu_pct) == (there.apr_pct, there.apr_eu_pct)


def test_the_expected_loss_counts_the_time_lent_whatever_the_periods() -> None:
    """1,000 for a year at a loss of 10 % a year: 100 where all of it is out all year."""
    at_the_end = LoanTerms(eur("1000"), Decimal(0), 12, 0, method=Method.BULLET, period=MONTH)
    weekly = LoanTerms(eur("1000"), Decimal(0), 52, 0, method=Method.INTEREST_ONLY, period=WEEK)

    for terms in (at_the_end, weekly):
        found = outcomes(terms, quote(terms, START).rows, eur("1000"), Decimal("0.1"))
        assert found.expected == eur("900")
