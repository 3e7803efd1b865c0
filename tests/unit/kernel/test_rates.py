"""Rates: basis points, percentages as people write them, rounding by name."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.kernel.rates import Rounding, bps_of, percent, percent_of, rounded, share


@pytest.mark.parametrize(
    ("minor", "fee_bps", "expected"),
    [
        (10_000, 500, 500),
        (1, 5000, 1),  # half a cent goes up
        (1, 4999, 0),
        (1_240_000, 500, 62_000),
        (333, 250, 8),  # 8.325
        (10_000, 0, 0),
        (10_000, 10_000, 10_000),
    ],
)
def test_basis_points_are_rounded_half_up(minor: int, fee_bps: int, expected: int) -> None:
    assert bps_of(Money(minor, "EUR"), fee_bps) == Money(expected, "EUR")


def test_basis_points_are_a_whole_number() -> None:
    with pytest.raises(TypeError):
        bps_of(Money(1, "EUR"), 2.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", list(Rounding))
@pytest.mark.parametrize("text", ["0.5", "1.5", "2.5", "-0.5", "-1.5", "2.4", "-2.6", "3", "0"])
def test_rounding_agrees_with_the_decimal_module(mode: Rounding, text: str) -> None:
    expected = Decimal(text).to_integral_value(getattr(decimal, f"ROUND_{mode}"))
    assert rounded(Fraction(text), mode) == expected


def test_a_percentage_of_an_amount_is_rounded_once() -> None:
    assert percent_of(Money.of("7610.80", "EUR"), Decimal(1)) == Money.of("76.11", "EUR")
    # policies 5.9 shows 38.05; half up of 38.054 is 38.05
    assert percent_of(Money.of("7610.80", "EUR"), Decimal("0.5")) == Money.of("38.05", "EUR")


def test_late_interest_of_the_worked_figures() -> None:
    daily = percent_of(Money.of("888.49", "EUR"), Decimal("0.05") * 12)
    assert daily == Money.of("5.33", "EUR")


def test_a_share_is_exact() -> None:
    assert share(Decimal("12.5")) == Fraction(1, 8)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("7.5", "7.5"), (" 7.5 % ", "7.5"), ("0", "0"), ("100", "100"), ("７．５％", "7.5")],
)
def test_a_percentage_is_read_as_people_write_it(typed: str, expected: str) -> None:
    assert percent(typed) == Decimal(expected)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "percent_missing"),
        ("%", "percent_missing"),
        ("-1", "percent_negative"),
        ("7,5", "percent_unreadable"),
        ("1e2", "percent_unreadable"),
        ("NaN", "percent_unreadable"),
        ("ten", "percent_unreadable"),
        ("٣", "percent_unreadable"),
        ("9" * 5000, "percent_unreadable"),
        ("1.23456", "percent_too_fine"),
        ("100.01", "percent_too_large"),
    ],
)
def test_what_is_no_percentage_is_refused_by_name(typed: str, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        percent(typed)
    assert refusal.value.code == code


def test_a_form_may_ask_for_less() -> None:
    with pytest.raises(Refusal, match="percent_too_large"):
        percent("30.1", at_most=Decimal(30))
    with pytest.raises(Refusal, match="percent_too_fine"):
        percent("7.25", decimals=1)
