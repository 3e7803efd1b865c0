"""Schedules: worked figures, published tables, hand calculations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from marketplace.kernel.days import DayCount, Unit
from marketplace.kernel.money import Money
from marketplace.kernel.rates import Rounding
from marketplace.loans.schedule import (
    INSTALMENTS_MAX,
    Method,
    Row,
    Terms,
    build,
    interest_on,
    level_instalment,
)
from tests.builders.calculators import terms


def figures(made: Terms) -> list[tuple[str, str, str, str]]:
    """Interest, principal, total and balance of each row, as people write them."""
    return [_figures(row) for row in build(made)]


def _figures(row: Row) -> tuple[str, str, str, str]:
    amounts = (row.interest, row.principal, row.total, row.outstanding)
    interest, principal, total, left = (str(amount.decimal()) for amount in amounts)
    return interest, principal, total, left


def test_ten_thousand_at_twelve_percent_over_a_year() -> None:
    """Policies 5.9."""
    assert figures(terms()) == [
        ("100.00", "788.49", "888.49", "9211.51"),
        ("92.12", "796.37", "888.49", "8415.14"),
        ("84.15", "804.34", "888.49", "7610.80"),
        ("76.11", "812.38", "888.49", "6798.42"),
        ("67.98", "820.51", "888.49", "5977.91"),
        ("59.78", "828.71", "888.49", "5149.20"),
        ("51.49", "837.00", "888.49", "4312.20"),
        ("43.12", "845.37", "888.49", "3466.83"),
        ("34.67", "853.82", "888.49", "2613.01"),
        ("26.13", "862.36", "888.49", "1750.65"),
        ("17.51", "870.98", "888.49", "879.67"),
        ("8.80", "879.67", "888.47", "0.00"),
    ]
    assert sum(row.interest.minor for row in build(terms())) == 66_186


# principal, rate, then interest, principal and total of each row: Apache Fineract,
# EMICalculation-Part1.feature C3154, C3155, Part3 C3313, LoanRepayment C4646
FINERACT_360_30 = [
    (
        ("100", "12"),
        "1.00 0.84 0.67 0.51 0.34 0.17",
        "16.25 16.41 16.58 16.74 16.91 17.11",
        "17.25 17.25 17.25 17.25 17.25 17.28",
    ),
    (
        ("100", "9.4822"),
        "0.79 0.66 0.53 0.40 0.27 0.13",
        "16.34 16.47 16.60 16.73 16.86 17.00",
        "17.13 17.13 17.13 17.13 17.13 17.13",
    ),
    (
        ("100", "7"),
        "0.58 0.44 0.29 0.15",
        "24.79 24.93 25.08 25.20",
        "25.37 25.37 25.37 25.35",
    ),
    (
        ("100", "7"),
        "0.58 0.49 0.39 0.29 0.20 0.10",
        "16.43 16.52 16.62 16.72 16.81 16.90",
        "17.01 17.01 17.01 17.01 17.01 17.00",
    ),
]


@pytest.mark.parametrize("day_count", [DayCount.EQUAL_PERIOD, DayCount.THIRTY_E_360])
@pytest.mark.parametrize(("loan", "interests", "principals", "totals"), FINERACT_360_30)
def test_tables_of_fineract_with_months_of_thirty_days(
    loan: tuple[str, str], interests: str, principals: str, totals: str, day_count: DayCount
) -> None:
    months = len(totals.split())
    rows = figures(terms(*loan, months, start="2024-01-01", day_count=day_count))
    assert [row[0] for row in rows] == interests.split()
    assert [row[1] for row in rows] == principals.split()
    assert [row[2] for row in rows] == totals.split()


def test_across_new_year_the_isda_split_is_at_the_first_of_january() -> None:
    """Fineract splits at 31 December and shows 101.81 (C3152); ISDA gives 101.82."""
    made = terms("10000", "12", 6, start="2023-12-12", day_count=DayCount.ACT_ACT_ISDA)
    rows = figures(made)
    assert rows[0][0] == "101.82"
    # within the leap year both count alike: 8376.26 x 12 % x 31/366
    assert rows[1][0] == "85.14"
    assert [row.due.isoformat() for row in build(made)][-1] == "2024-06-12"


@pytest.mark.parametrize(
    ("day_count", "interest"),
    [
        (DayCount.ACT_365F, "101.92"),  # 31/365
        (DayCount.ACT_360, "103.33"),  # 31/360
        (DayCount.THIRTY_E_360, "100.00"),
        (DayCount.ACT_ACT_ISDA, "101.92"),
        (DayCount.EQUAL_PERIOD, "100.00"),
    ],
)
def test_the_first_interest_follows_the_day_count(day_count: DayCount, interest: str) -> None:
    assert figures(terms(day_count=day_count))[0][0] == interest


def test_due_dates_are_clamped_to_the_month_end_and_come_back() -> None:
    dues = [row.due.isoformat() for row in build(terms(instalments=3, start="2026-01-31"))]
    assert dues == ["2026-02-28", "2026-03-31", "2026-04-30"]


def test_equal_principal() -> None:
    assert figures(terms("1000", "12", 3, method=Method.EQUAL_PRINCIPAL)) == [
        ("10.00", "333.33", "343.33", "666.67"),
        ("6.67", "333.33", "340.00", "333.34"),
        ("3.33", "333.34", "336.67", "0.00"),
    ]


def test_interest_only() -> None:
    assert figures(terms("1000", "12", 3, method=Method.INTEREST_ONLY)) == [
        ("10.00", "0.00", "10.00", "1000.00"),
        ("10.00", "0.00", "10.00", "1000.00"),
        ("10.00", "1000.00", "1010.00", "0.00"),
    ]


def test_bullet_is_one_row_with_simple_interest() -> None:
    made = terms("1000", "12", 12, method=Method.BULLET)
    assert figures(made) == [("120.00", "1000.00", "1120.00", "0.00")]
    assert build(made)[0].due == date(2027, 1, 15)
    assert build(made)[0].n == 1


def test_flat_takes_the_rounding_in_the_last_row() -> None:
    # 1000 x 10 % x 4/12 = 33.33; 8.33 a row leaves 8.34 for the last
    assert figures(terms("1000", "10", 4, method=Method.FLAT)) == [
        ("8.33", "250.00", "258.33", "750.00"),
        ("8.33", "250.00", "258.33", "500.00"),
        ("8.33", "250.00", "258.33", "250.00"),
        ("8.34", "250.00", "258.34", "0.00"),
    ]


def test_flat_as_fineract_shows_it() -> None:
    """LP1_INTEREST_FLAT: 1000 at 12 % over four months."""
    rows = figures(terms("1000", "12", 4, method=Method.FLAT))
    assert rows[0] == ("10.00", "250.00", "260.00", "750.00")


def test_no_interest_is_an_equal_split() -> None:
    for method in (Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.FLAT):
        rows = figures(terms("100", "0", 3, method=method))
        assert [row[1] for row in rows] == ["33.33", "33.33", "33.34"]
        assert {row[0] for row in rows} == {"0.00"}


def test_weeks_and_days_are_counted_in_three_hundred_and_sixtieths() -> None:
    weekly = figures(terms("1000", "36", 2, every=2, unit=Unit.WEEKS))
    assert weekly[0][0] == "14.00"  # 1000 x 36 % x 14/360
    daily = figures(terms("1000", "36", 2, every=10, unit=Unit.DAYS))
    assert daily[0][0] == "10.00"


def test_one_instalment_is_all_of_it() -> None:
    assert figures(terms("1000", "12", 1)) == [("10.00", "1000.00", "1010.00", "0.00")]


def test_a_tiny_principal_keeps_its_promised_number_of_rows() -> None:
    rows = build(terms("0.10", "12", 12))
    assert len(rows) == 12
    assert sum(row.principal.minor for row in rows) == 10
    assert all(row.principal.minor >= 0 for row in rows)
    one_cent = build(terms("0.01", "12", 12))
    assert [row.principal.minor for row in one_cent] == [0] * 11 + [1]


def test_an_instalment_below_its_interest_repays_nothing() -> None:
    # at 300 % over 120 months E is the average month's interest; a month of 31 days asks for more
    rows = build(terms("1000", "300", 120, day_count=DayCount.ACT_365F))
    assert rows[0].principal == Money.zero("EUR")
    assert rows[0].interest == Money.of("254.79", "EUR")
    assert rows[-1].outstanding.is_zero


def test_the_rounding_mode_belongs_to_the_loan() -> None:
    # 0.50 x 12 % / 12 = half a cent
    assert figures(terms("0.50", "12", 1))[0][0] == "0.01"
    assert figures(terms("0.50", "12", 1, rounding=Rounding.HALF_EVEN))[0][0] == "0.00"
    assert figures(terms("0.50", "12", 1, rounding=Rounding.DOWN))[0][0] == "0.00"
    up = level_instalment(terms(rounding=Rounding.UP))
    down = level_instalment(terms(rounding=Rounding.DOWN))
    assert (up.minor, down.minor) == (88849, 88848)


def test_a_currency_brings_its_own_decimals() -> None:
    yen = figures(terms("10000", "12", 3, currency="JPY"))
    assert yen == [
        ("100", "3300", "3400", "6700"),
        ("67", "3333", "3400", "3367"),
        ("34", "3367", "3401", "0"),
    ]
    dinar = figures(terms("1", "12", 1, currency="KWD"))
    assert dinar == [("0.010", "1.000", "1.010", "0.000")]


def test_interest_for_a_part_of_a_year_is_rounded_once() -> None:
    balance = Money.of("7610.80", "EUR")
    assert interest_on(balance, terms(), Fraction(10, 365)) == Money.of("25.02", "EUR")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"principal": "0"}, "more than zero"),
        ({"principal": "-1"}, "more than zero"),
        ({"instalments": 0}, "instalments"),
        ({"instalments": INSTALMENTS_MAX + 1}, "instalments"),
        ({"rate_pct": "-0.01"}, "rate"),
        ({"rate_pct": "10000.01"}, "rate"),
        ({"rate_pct": "NaN"}, "rate"),
        ({"rate_pct": "Infinity"}, "rate"),
        ({"rate_pct": "1.0000000000001"}, "decimals"),
    ],
)
def test_terms_that_make_no_schedule_are_refused(changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        terms(**changes)  # type: ignore[arg-type]


def test_a_long_daily_loan_is_quick_enough() -> None:
    rows = build(terms("10000", "12.123456789012", INSTALMENTS_MAX, unit=Unit.DAYS, every=1))
    assert len(rows) == INSTALMENTS_MAX
    assert rows[-1].outstanding.is_zero


def test_a_schedule_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="year 9999"):
        build(terms(instalments=3000, every=100))


def test_rates_are_decimals_to_the_end() -> None:
    assert Terms.__dataclass_fields__["annual_rate_pct"].type == "Decimal"
    assert terms().annual_rate_pct == Decimal(12)


def test_a_weekly_loan_in_real_days() -> None:
    """1,000.00 at 13 % over four weeks, ACT/365F: 13 % x 7/365 is 0.2493 % a week.

    By hand, in decimals: 1 / (sum of 1.00249315^-1 to ^-4) = 0.25156016, so 251.56 a week.
    """
    made = terms("1000", "13", 4, every=1, unit=Unit.WEEKS, day_count=DayCount.ACT_365F)

    assert figures(made) == [
        ("2.49", "249.07", "251.56", "750.93"),
        ("1.87", "249.69", "251.56", "501.24"),
        ("1.25", "250.31", "251.56", "250.93"),
        ("0.63", "250.93", "251.56", "0.00"),
    ]
    assert [row.due.isoformat() for row in build(made)] == [
        "2026-01-22",
        "2026-01-29",
        "2026-02-05",
        "2026-02-12",
    ]


def test_interest_each_quarter_in_real_days() -> None:
    """20,000.00 at 9 %, ACT/365F, from 31 January: 89, 92, 92 and 92 days."""
    made = terms(
        *("20000", "9", 4),
        start="2026-01-31",
        every=3,
        method=Method.INTEREST_ONLY,
        day_count=DayCount.ACT_365F,
    )

    assert [row.due.isoformat() for row in build(made)] == [
        "2026-04-30",
        "2026-07-31",
        "2026-10-31",
        "2027-01-31",
    ]
    # 1,800 x 89/365, then three times 1,800 x 92/365
    assert [row[0] for row in figures(made)] == ["438.90", "453.70", "453.70", "453.70"]


@pytest.mark.parametrize(
    ("rate", "count"), [("12", 12), ("7.25", 36), ("3.9", 120), ("25.9", 60), ("4", 600)]
)
def test_balances_follow_the_closed_form_within_what_rounding_adds(rate: str, count: int) -> None:
    """Another formula: after k payments P(1+i)^k - E((1+i)^k - 1)/i is left, in floats."""
    made = terms("250000", rate, count)
    each, even = float(rate) / 1200, level_instalment(made).minor

    for row in build(made)[:-1]:
        grown = (1 + each) ** row.n
        left = 25_000_000 * grown - even * (grown - 1) / each
        # each row's interest is off by half a cent at most, and that bears interest too
        assert abs(row.outstanding.minor - left) <= 0.5 * (grown - 1) / each + 0.01


def test_a_loan_of_one_cent_and_one_of_six_hundred_instalments() -> None:
    assert figures(terms("0.01", "12", 1)) == [("0.00", "0.01", "0.01", "0.00")]
    assert [row[1] for row in figures(terms("0.01", "12", 3))] == ["0.00", "0.00", "0.01"]
    long = build(terms("250000", "4", 600))
    assert (len(long), long[-1].due.isoformat()) == (600, "2076-01-15")
    assert long[0].total == Money.of("964.27", "EUR")  # 250,000 x i / (1 - (1 + i)^-600)


def test_without_interest_the_principal_is_divided_and_nothing_else() -> None:
    for method in Method:
        rows = figures(terms("100", "0", 3, method=method))
        assert {row[0] for row in rows} == {"0.00"}
        assert rows[-1][3] == "0.00"
    assert [row[1] for row in figures(terms("100", "0", 3))] == ["33.33", "33.33", "33.34"]
