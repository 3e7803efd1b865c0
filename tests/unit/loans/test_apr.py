"""What credit costs a year, by the examples the laws themselves give."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from marketplace.loans.apr import eu_apr_pct, us_apr_pct
from marketplace.loans.roots import Flow
from tests.builders.calculators import flow, payments

Q = Fraction

APPENDIX_J: dict[str, tuple[int, list[Flow], Fraction | int, str]] = {
    "(c)(1)(i) monthly": (5000, payments("230", 24), 12, "9.69"),
    "(c)(1)(ii) long first period": (6000, payments("200", 36, odd=Q(19, 30)), 12, "11.82"),
    "(c)(1)(iii) semimonthly, short first": (
        5000,
        payments("219.17", 24, first=0, odd=Q(6, 15)),
        24,
        "10.34",
    ),
    "(c)(1)(iv) quarterly, long first": (
        10000,
        payments("385", 40, odd=Q(39, 90)),
        4,
        "8.97",
    ),
    "(c)(1)(v) weekly, long first": (500, payments("17.60", 30, first=4, odd=Q(4, 7)), 52, "14.96"),
    "(c)(2)(i) odd first payment": (
        5000,
        [flow(250, 1), *payments("230", 23, first=2)],
        12,
        "10.08",
    ),
    "(c)(2)(ii) every four weeks": (
        400,
        [flow("39.50", 1, Q(5, 28)), *payments("38.31", 11, first=2, odd=Q(5, 28))],
        13,
        "28.50",
    ),
    "(c)(3)(i) odd final payment": (
        5000,
        [*payments("230", 23), flow(280, 24)],
        12,
        "10.50",
    ),
    "(c)(3)(ii) every two weeks": (
        200,
        [*payments("9.50", 19, first=0, odd=Q(8, 14)), flow(30, 19, Q(8, 14))],
        26,
        "12.22",
    ),
    "(c)(4)(i) odd first and final": (
        5000,
        [flow(250, 1), *payments("230", 22, first=2), flow(280, 24)],
        12,
        "10.90",
    ),
    "(c)(4)(ii) every two months": (
        8000,
        [
            flow("449.36", 0, Q(52, 60)),
            *payments("465", 18, odd=Q(52, 60)),
            flow(200, 19, Q(52, 60)),
        ],
        6,
        "7.30",
    ),
    "(c)(5)(i) single payment, 255 days": (1000, [flow(1080, 1)], Q(365, 255), "11.45"),
    "(c)(6)(ii) skipped and single payments": (
        7350,
        [
            *payments("1000", 3, first=6, odd=Q(12, 30)),
            flow(2000, 12, Q(12, 30)),
            *payments("750", 3, first=18, odd=Q(12, 30)),
            flow(1000, 22, Q(29, 30)),
        ],
        12,
        "10.22",
    ),
}


@pytest.mark.parametrize("example", APPENDIX_J)
def test_the_examples_of_regulation_z_appendix_j(example: str) -> None:
    advanced, back, a_year, apr_pct = APPENDIX_J[example]
    assert us_apr_pct([flow(advanced)], back, Fraction(a_year)) == Decimal(apr_pct)


def twelve_of_888() -> list[Flow]:
    return payments("888.49", 12)


def in_years(monthly: list[Flow]) -> list[Flow]:
    return [Flow(one.amount, one.time / 12) for one in monthly]


def test_the_same_loan_under_two_laws() -> None:
    """Policies 5.4: 10,000 in 12 x 888.49, with and without a fee of 300 taken at the start."""
    back = twelve_of_888()
    assert us_apr_pct([flow(9700)], back, Fraction(12)) == Decimal("17.83")
    assert us_apr_pct([flow(10000)], back, Fraction(12)) == Decimal("12.00")
    assert eu_apr_pct([flow(9700)], in_years(back)) == Decimal("19.36")
    assert eu_apr_pct([flow(10000)], in_years(back)) == Decimal("12.68")


def test_the_examples_of_the_european_directive() -> None:
    """98/7/EC Annex II, calendar basis, and equal months."""
    year_and_a_half = Q(546, 365)
    assert eu_apr_pct([flow(1000)], [flow(1200, year_and_a_half)]) == Decimal("12.96")
    assert eu_apr_pct([flow(950)], [flow(1200, year_and_a_half)]) == Decimal("16.90")
    assert eu_apr_pct([flow(1000)], [flow(600, 1), flow(600, 2)]) == Decimal("13.07")
    three = [flow(272, Q(3, 12)), flow(272, Q(6, 12)), flow(544, 1)]
    assert eu_apr_pct([flow(1000)], three) == Decimal("13.19")


def test_several_advances_are_discounted_like_payments() -> None:
    """By hand: 100 now and 100 after a period, 121 + 110 back after two, at 10 % a period."""
    advances = [flow(100), flow(100, 1)]
    assert us_apr_pct(advances, [flow(231, 2)], Fraction(1)) == Decimal("10.00")


def test_an_odd_fraction_bears_simple_interest() -> None:
    # 100 back as 105.50 after half a unit-period and none full: i/2 = 5.5 %
    assert us_apr_pct([flow(100)], [flow("105.50", 0, Q(1, 2))], Fraction(1)) == Decimal("11.00")


def test_rounding_is_half_up_on_the_exact_rate() -> None:
    assert us_apr_pct([flow(1000)], [flow("1123.45", 1)], Fraction(1)) == Decimal("12.35")
    assert eu_apr_pct([flow(1000)], [flow("1123.45", 1)]) == Decimal("12.35")
    assert eu_apr_pct([flow(1000)], [flow("1123.4499", 1)]) == Decimal("12.34")


def test_no_finance_charge_is_no_rate() -> None:
    assert str(us_apr_pct([flow(1200)], payments("100", 12), Fraction(12))) == "0.00"
    assert str(eu_apr_pct([flow(1200)], [flow(1200, 1)])) == "0.00"


@pytest.mark.parametrize(
    ("given", "back"),
    [([], []), ([flow(100)], []), ([], [flow(100, 1)]), ([flow(100)], [flow(0, 1)])],
)
def test_one_side_alone_has_no_rate(given: list[Flow], back: list[Flow]) -> None:
    with pytest.raises(ValueError, match="no rate"):
        us_apr_pct(given, back, Fraction(12))
    with pytest.raises(ValueError, match="no rate"):
        eu_apr_pct(given, back)


def test_a_mortgage_is_solved_too() -> None:
    assert us_apr_pct([flow(100000)], payments("599.55", 360), Fraction(12)) == Decimal("6.00")
