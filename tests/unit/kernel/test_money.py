"""Money: whole minor units, one currency, nothing lost."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

import pytest

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import (
    CURRENCIES,
    MINOR_MAX,
    Money,
    exponent,
    parse_amount,
    split_cumulative,
    split_minor,
)


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.34", "EUR", 1234),
        ("-0.01", "EUR", -1),
        ("1000", "JPY", 1000),
        ("1.234", "KWD", 1234),
        ("12.3400", "EUR", 1234),
        ("0", "USD", 0),
    ],
)
def test_an_amount_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert Money.of(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["0.001", "NaN", "Infinity", "1e309", "abc", "", str(2**63)])
def test_what_is_no_amount_of_the_currency_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        Money.of(text, "EUR")


@pytest.mark.parametrize("number", [1.5, True, 3, None])
def test_floats_and_bare_numbers_are_no_amounts(number: object) -> None:
    with pytest.raises(TypeError):
        Money.of(number, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("minor", [1.0, True, "1", None, Decimal(1)])
def test_minor_units_are_a_whole_number(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["XXX", "eur", "", "EURO"])
def test_an_unknown_currency_is_refused(currency: str) -> None:
    with pytest.raises(Refusal, match="currency_unknown"):
        Money(1, currency)


def test_every_currency_knows_its_decimals() -> None:
    assert {code: exponent(code) for code in CURRENCIES} == CURRENCIES
    assert (exponent("JPY"), exponent("EUR"), exponent("KWD")) == (0, 2, 3)


def test_amounts_add_subtract_and_compare() -> None:
    assert eur("1.10") + eur("2.20") == eur("3.30")
    assert eur("1.10") - eur("2.20") == eur("-1.10")
    assert -eur("1.10") == eur("-1.10")
    assert eur("1.10") * 3 == eur("3.30")
    assert eur("1") < eur("2") <= eur("2")
    assert eur("2") > eur("1") >= eur("1")
    assert max(eur("1"), eur("2")) == eur("2")
    assert eur("0").is_zero
    assert not eur("0").is_positive
    assert eur("0.01").is_positive
    assert not eur("-0.01").is_positive


def test_currencies_do_not_mix() -> None:
    dollar = Money(100, "USD")
    with pytest.raises(ValueError, match="do not mix"):
        _ = eur("1") + dollar
    with pytest.raises(ValueError, match="do not mix"):
        _ = eur("1") < dollar
    assert eur("1") != dollar


@pytest.mark.parametrize("other", [1, 1.0, "1", None, Decimal(1)])
def test_money_and_bare_numbers_do_not_mix(other: object) -> None:
    with pytest.raises(TypeError):
        _ = eur("1") + other  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = eur("1") <= other  # type: ignore[operator]


@pytest.mark.parametrize("count", [1.5, True, Decimal(2)])
def test_money_is_multiplied_by_a_count_only(count: object) -> None:
    with pytest.raises(TypeError):
        _ = eur("1") * count  # type: ignore[operator]


def test_a_rate_is_applied_with_one_named_rounding() -> None:
    assert eur("0.50").times(Decimal("0.01")) == eur("0.01")  # half a cent goes up
    assert eur("0.50").times(Decimal("0.01"), ROUND_HALF_EVEN) == eur("0.00")
    assert eur("0.99").times(Decimal("0.5"), ROUND_DOWN) == eur("0.49")
    assert eur("-0.50").times(Decimal("0.01")) == eur("-0.01")
    with pytest.raises(TypeError):
        eur("1").times(0.5)  # type: ignore[arg-type]


def test_a_rate_is_not_rounded_before_the_amount_is() -> None:
    # 28 digits, decimal's default precision, would carry this over the half
    rate = Decimal("0.4999999999999999999999999999999")
    assert Money(1, "JPY").times(rate) == Money(0, "JPY")


def test_an_amount_is_written_with_its_currency() -> None:
    assert str(Money.of("12400", "EUR")) == "EUR 12,400.00"
    assert str(Money.of("12400", "JPY")) == "JPY 12,400"
    assert eur("12.30").decimal() == Decimal("12.30")


def test_the_total_of_nothing_is_zero_of_the_currency() -> None:
    assert Money.total([], "JPY") == Money.zero("JPY")
    assert Money.total([eur("1"), eur("2")], "EUR") == eur("3")


def test_the_first_instalment_splits_as_in_the_worked_figures() -> None:
    shares = [5000, 3000, 2000]
    principal = eur("788.49").split(shares)
    assert [str(part.decimal()) for part in principal] == ["394.24", "236.55", "157.70"]
    interest = eur("100.00").split(shares)
    assert [str(part.decimal()) for part in interest] == ["50.00", "30.00", "20.00"]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # ties go to the earlier part
        (-100, [1, 1, 1], [-34, -33, -33]),
        (1, [1, 1], [1, 0]),
        (0, [3, 7], [0, 0]),
        (10, [0, 1, 0], [0, 10, 0]),
        (7, [1], [7]),
        (2, [1, 1, 1, 1], [1, 1, 0, 0]),
        (10**17, [1, 10**17], [1, 99_999_999_999_999_999]),
    ],
)
def test_a_split_follows_the_largest_remainder(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert split_minor(total, weights) == parts


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [-1]])
def test_a_split_needs_a_weight(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        eur("1").split(weights)


@pytest.mark.parametrize("weights", [[1.0], [1, 0.5], ["1"], [True], [None]])
def test_weights_are_whole_numbers(weights: list[int]) -> None:
    with pytest.raises(TypeError):
        eur("1").split(weights)


def test_a_cumulative_split_gives_what_is_missing_from_the_share_to_date() -> None:
    assert split_cumulative(1, [1, 1, 1], [0, 0, 0]) == [1, 0, 0]
    assert split_cumulative(2, [1, 1, 1], [1, 0, 0]) == [0, 1, 0]
    assert split_cumulative(3, [1, 1, 1], [1, 1, 0]) == [0, 0, 1]
    with pytest.raises(ValueError):
        split_cumulative(3, [1, 1, 1], [1, 1])


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("12", "EUR", 1200),
        (" 12.5 ", "EUR", 1250),
        ("1,234.50", "EUR", 123450),
        ("1 234 567.89", "EUR", 123456789),
        ("1\u00a0234", "EUR", 123400),
        ("1\u202f234", "EUR", 123400),
        ("12.500", "EUR", 1250),
        ("0.001", "KWD", 1),
        ("500", "JPY", 500),
        ("500.00", "JPY", 500),
        ("007", "EUR", 700),
    ],
)
def test_an_amount_is_read_as_people_write_it(typed: str, currency: str, minor: int) -> None:
    assert parse_amount(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "amount_missing"),
        ("   ", "amount_missing"),
        ("-1", "amount_negative"),
        ("−1", "amount_negative"),
        ("0", "amount_zero"),
        ("0.00", "amount_zero"),
        ("0.001", "amount_too_fine"),
        ("10.999", "amount_too_fine"),
        ("1e309", "amount_unreadable"),
        ("NaN", "amount_unreadable"),
        ("Infinity", "amount_unreadable"),
        ("１００", "amount_unreadable"),
        ("٣", "amount_unreadable"),
        ("Ⅳ", "amount_unreadable"),
        ("+5", "amount_unreadable"),
        ("5 USD", "amount_unreadable"),
        ("$5", "amount_unreadable"),
        ("12,50", "amount_unreadable"),
        ("1.234.567", "amount_unreadable"),
        ("1,234 567", "amount_unreadable"),
        (".5", "amount_unreadable"),
        ("5.", "amount_unreadable"),
        ("0x10", "amount_unreadable"),
        ("1_000", "amount_unreadable"),
        ("12\n34", "amount_unreadable"),
        (str(2**63), "amount_too_large"),
        ("9" * 5000, "amount_unreadable"),
        ("9000000000000000.01", "amount_too_large"),
    ],
)
def test_what_is_no_amount_is_refused_by_name(typed: str, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_amount(typed, "EUR")
    assert refusal.value.code == code


def test_zero_can_be_allowed() -> None:
    assert parse_amount("0", "EUR", allow_zero=True).is_zero


def test_the_most_the_ledger_holds_is_still_an_amount() -> None:
    assert parse_amount("9000000000000000", "EUR").minor == MINOR_MAX


def test_a_currency_nobody_knows_is_refused_while_reading() -> None:
    with pytest.raises(Refusal, match="currency_unknown"):
        parse_amount("5", "DOGE")
