"""Paying off early: to the day, and what it saves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from marketplace.kernel.calendars import Calendar
from marketplace.kernel.days import DayCount
from marketplace.kernel.money import Money
from marketplace.loans.payoff import Payoff, quote
from marketplace.loans.schedule import Method, Terms, build
from tests.builders.calculators import terms


def on(day: str, paid: int, fee_pct: str = "0", made: Terms | None = None) -> Payoff:
    return quote(made or terms(), paid, date.fromisoformat(day), Decimal(fee_pct))


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


def test_ten_days_after_the_third_instalment_on_equal_periods() -> None:
    # 7610.80 x 1 % x 10/30 (15 April to 15 May has 30 days)
    payoff = on("2026-04-25", 3, "1")
    assert payoff.principal == eur("7610.80")
    assert payoff.interest == eur("25.37")
    assert payoff.fee == eur("76.11")
    assert payoff.amount == eur("7712.28")
    scheduled = sum((row.interest.minor for row in build(terms())[3:]), 0)
    assert scheduled == 38_559  # policies 5.9
    assert payoff.interest_saved == Money(38_559, "EUR") - eur("25.37")


def test_ten_days_by_actual_days_over_365() -> None:
    made = terms(day_count=DayCount.ACT_365F)
    payoff = on("2026-04-25", 3, "0.5", made)
    expected = payoff.principal.times(Decimal("0.12") * 10 / 365)
    assert payoff.interest == expected
    assert payoff.fee == payoff.principal.times(Decimal("0.005"))


def test_full_unpaid_periods_count_whole_and_the_broken_one_by_its_days() -> None:
    # nothing paid since 15 April: a whole month, then 5 of the 31 days from 15 May to 15 June
    payoff = on("2026-05-20", 3)
    exact = Decimal("7610.80") * Decimal("0.01") * (1 + Decimal(5) / 31)
    assert payoff.interest == eur(str(exact.quantize(Decimal("0.01"))))


def test_on_a_due_date_the_period_is_whole() -> None:
    assert on("2026-05-15", 3).interest == eur("76.11")
    assert on("2026-04-15", 3).interest == eur("0")


def test_before_the_first_instalment_interest_runs_from_the_disbursement() -> None:
    payoff = on("2026-01-25", 0)
    assert payoff.principal == eur("10000.00")
    assert payoff.interest == eur("32.26")  # 10000 x 1 % x 10/31
    assert on("2026-01-15", 0).amount == eur("10000.00")


def test_month_ends_keep_their_anchor() -> None:
    made = terms(start="2026-01-31")
    # 28 February to 31 March has 31 days
    assert on("2026-03-10", 1, "0", made).interest == eur("29.71")  # 9211.51 x 1 % x 10/31
    assert on("2026-03-31", 1, "0", made).interest == eur("92.12")


def test_a_loan_paid_to_the_end_costs_nothing_more() -> None:
    payoff = on("2027-02-01", 12, "1")
    assert payoff.amount.is_zero
    assert payoff.interest_saved.is_zero


def test_a_bullet_loan_counts_its_periods_too() -> None:
    made = terms("1000", "12", 12, method=Method.BULLET)
    payoff = on("2026-07-15", 0, "0", made)
    assert payoff.interest == eur("60.00")
    assert payoff.interest_saved == eur("60.00")
    assert on("2027-01-15", 1, "0", made).amount.is_zero


def test_after_the_end_the_grid_of_periods_goes_on() -> None:
    payoff = on("2027-03-15", 11)
    assert payoff.interest == eur("26.39")  # 879.67 x 1 % x 3
    assert payoff.interest_saved == eur("8.80") - eur("26.39")


@pytest.mark.parametrize(
    ("day", "paid", "fee_pct", "sentence"),
    [
        ("2026-04-14", 3, "0", "before"),
        ("2026-01-14", 0, "0", "before"),
        ("2026-05-01", 13, "0", "instalments"),
        ("2026-05-01", -1, "0", "instalments"),
        ("2026-05-01", 3, "-1", "fee"),
        ("2026-05-01", 3, "100.1", "fee"),
        ("2026-05-01", 3, "NaN", "fee"),
    ],
)
def test_what_cannot_be_paid_off_is_refused(
    day: str, paid: int, fee_pct: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        on(day, paid, fee_pct)


def test_a_payoff_in_the_days_a_holiday_gave_counts_from_the_day_that_was_paid() -> None:
    """1 March 2026 is a Sunday: paid on Monday the 2nd, the next month ends on 1 April."""
    made = replace(terms(start="2026-02-01"), calendar=Calendar.TARGET)

    found = quote(made, 1, date(2026, 3, 17))

    # 9,211.51 x 1 % x 15/30: from 2 March to 1 April are 30 days
    assert found.interest == Money.of("46.06", "EUR")


def test_a_period_that_a_holiday_moved_is_whole_once_its_new_end_has_come() -> None:
    made = replace(terms(start="2026-02-01"), calendar=Calendar.TARGET)

    on_the_new_end = quote(made, 0, date(2026, 3, 2))

    assert on_the_new_end.interest == Money.of("100.00", "EUR")
