"""Loan to value: the worked figure, the limit to the cent, how long a paper holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.loans.valuation import (
    Standing,
    Told,
    Worth,
    is_valid,
    limit_refusals,
    standing,
    told_refusals,
    valid_refusals,
)
from tests.builders.campaigns import euros

DAY = date(2026, 3, 2)
WORTH = Worth(euros("100000"), 2_000, DAY, DAY + timedelta(days=180))


def test_sixty_thousand_on_a_hundred_thousand_less_a_fifth_is_three_quarters() -> None:
    assert WORTH.counted == euros("80000")
    assert WORTH.ltv_bps(euros("60000")) == 7_500
    assert WORTH.most(7_500) == euros("60000")


def test_a_ratio_is_never_shown_better_than_it_is() -> None:
    assert WORTH.ltv_bps(euros("60000.01")) == 7_501
    assert Worth(euros("300"), 0, DAY, DAY).ltv_bps(euros("100")) == 3_334


@given(
    value=st.integers(1, 10**12),
    haircut_bps=st.integers(0, 9_000),
    limit_bps=st.integers(1, 10_000),
)
def test_the_most_that_can_be_lent_is_within_the_limit_and_one_cent_more_is_not(
    value: int, haircut_bps: int, limit_bps: int
) -> None:
    cent = euros("0.01")
    worth = Worth(cent * value, haircut_bps, DAY, DAY)
    most = worth.most(limit_bps)

    assert worth.ltv_bps(most) <= limit_bps < worth.ltv_bps(most + cent)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-31, Standing.VALID),
        (-29, Standing.EXPIRING),
        (0, Standing.EXPIRING),
        (1, Standing.EXPIRED),
    ],
)
def test_a_valuation_holds_on_its_last_day_and_warns_a_month_before(
    days: int, expected: Standing
) -> None:
    on = WORTH.valid_until + timedelta(days=days)

    assert standing(WORTH, on) is expected
    assert is_valid(WORTH, on) is (expected is not Standing.EXPIRED)


def test_a_case_without_a_valuation_that_holds_says_which_of_the_two_it_is() -> None:
    over = WORTH.valid_until + timedelta(days=1)

    assert [one.code for one in valid_refusals(None, DAY)] == ["valuation_missing"]
    assert [one.code for one in valid_refusals(WORTH, over)] == ["valuation_expired"]
    assert valid_refusals(WORTH, WORTH.valid_until) == []


def test_an_offer_above_the_limit_hears_what_the_collateral_carries() -> None:
    refused = limit_refusals(WORTH, euros("64000.01"), 8_000)

    assert [(one.code, one.facts) for one in refused] == [
        ("valuation_ltv_over", {"at_most": euros("64000")})
    ]
    assert limit_refusals(WORTH, euros("64000"), 8_000) == []


@pytest.mark.parametrize(
    ("words", "facts", "expected"),
    [
        ({}, {}, []),
        ({"appraiser": " "}, {}, ["valuation_appraiser_missing"]),
        ({"licence": ""}, {}, ["valuation_licence_missing"]),
        ({"method": "guessed"}, {}, ["valuation_method_missing"]),
        ({}, {"value": euros("0")}, ["valuation_value_missing"]),
        ({}, {"haircut_bps": 1_999}, ["valuation_haircut_outside"]),
        ({}, {"haircut_bps": 9_001}, ["valuation_haircut_outside"]),
        ({}, {"valued_on": DAY + timedelta(days=1)}, ["valuation_future"]),
        ({}, {"valued_on": date(2025, 1, 1), "valid_until": date(2025, 12, 1)}, ["valuation_over"]),
        ({}, {"valid_until": date(2027, 3, 2)}, []),
        ({}, {"valid_until": date(2027, 3, 3)}, ["valuation_too_long"]),
    ],
)
def test_a_paper_is_taken_as_it_can_be(
    words: dict[str, Any], facts: dict[str, Any], expected: list[str]
) -> None:
    told = replace(
        Told("Ada Appraiser", "IHK 4711", "price_guide", replace(WORTH, **facts)), **words
    )

    found = told_refusals(told, currency="EUR", haircut_min_bps=2_000, today=DAY)

    assert [one.code for one in found] == expected
    assert [
        one.code for one in told_refusals(told, currency="USD", haircut_min_bps=0, today=DAY)
    ].count("valuation_currency") == 1
