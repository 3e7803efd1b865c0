"""What may stand in a version of a product, and what a version changed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from marketplace.loans.pricing import GRADES
from marketplace.loans.versions import (
    COLUMNS,
    Band,
    changes,
    read_bands,
    stored_bands,
    version_refusals,
)

BANDS = {
    grade: Band(Decimal(n) / 20, Decimal(n + 1) / 20, Decimal(n) / 100)
    for n, grade in enumerate(GRADES, 1)
}
FINE: dict[str, Any] = {
    "name": "Personal loan",
    "summary": "For nearly everything.",
    "active": True,
    "amount_min_minor": 50_000,
    "amount_max_minor": 5_000_000,
    "exposure_max_minor": 10_000_000,
    "instalments_min": 3,
    "instalments_max": 60,
    "period_every": 1,
    "period_unit": "MONTHS",
    "method": "equal_instalment",
    "day_count": "EQUAL_PERIOD",
    "rounding_mode": "HALF_UP",
    "calendar": "TARGET",
    "origination_fee_bps": 200,
    "lender_fee_bps": 1_000,
    "late_fee_minor": 500,
    "late_grace_days": 5,
    "penalty_bps_per_year": 800,
    "prepayment_fee_bps": 100,
    "prepayment_fee_cap": "eu_consumer",
    "interest_to_date": "ACT/365F",
    "allocation_due": ["penalty", "fee", "interest", "principal"],
    "allocation_in_advance": ["principal", "interest", "fee", "penalty"],
    "allocation_mode": "instalment_first",
    "fraction_min_minor": 1_000,
    "funding_min_bps": 8_000,
    "funding_days": 14,
    "reflection_days": 4,
    "offer_days": 14,
    "sign_days": 14,
    "bill_lead_days": 7,
    "documents": ["identity"],
    "collateral": False,
    "ltv_max_bps": 0,
    "haircut_bps": 0,
    "draw_months": None,
    "draw_min_minor": None,
    "statement_day": None,
}


def refused(grades: dict[str, Band] | None = None, **changed: Any) -> list[tuple[str, str | None]]:
    found = version_refusals(FINE | changed, BANDS if grades is None else grades, "EUR")
    return [(one.code, one.field) for one in found]


LINE: dict[str, Any] = {"draw_months": 12, "draw_min_minor": 10_000, "statement_day": 15}


def test_a_credit_line_has_all_that_makes_one_or_nothing_of_it() -> None:
    assert refused(**LINE) == []
    assert refused(**LINE | {"draw_months": None, "statement_day": 29}) == [
        ("product_outside", "draw_months"),
        ("product_outside", "statement_day"),
    ]
    for wrong in (None, 999, 50_001):
        found = refused(**LINE | {"draw_min_minor": wrong})
        assert found == [("product_draw_outside", "draw_min")]


def test_a_credit_line_cannot_be_secured_for_nobody_would_value_a_draw() -> None:
    secured = LINE | {"collateral": True, "ltv_max_bps": 8_000}
    assert refused(**secured) == [("product_line_secured", "collateral")]


def test_the_example_has_every_column_and_nothing_against_it() -> None:
    assert sorted(FINE) == sorted(COLUMNS)
    assert refused() == []


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"collateral": True}, "product_ltv_missing", "ltv_max_bps"),
        ({"ltv_max_bps": 10_001}, "product_outside", "ltv_max_bps"),
        ({"haircut_bps": 9_001}, "product_outside", "haircut_bps"),
        ({"name": " "}, "product_name_missing", "name"),
        ({"summary": ""}, "product_summary_missing", "summary"),
        ({"amount_min_minor": 0, "fraction_min_minor": 1}, "product_amounts_crossed", "amount_max"),
        ({"amount_min_minor": 5_000_001}, "product_amounts_crossed", "amount_max"),
        ({"exposure_max_minor": 1_000_000_001}, "product_amount_huge", "exposure_max"),
        ({"exposure_max_minor": 4_999_999}, "product_exposure_small", "exposure_max"),
        ({"fraction_min_minor": 50_001}, "product_fraction_outside", "fraction_min"),
        ({"late_fee_minor": 5_000_001}, "product_late_fee_huge", "late_fee"),
        ({"instalments_min": 0}, "product_terms_crossed", "instalments_max"),
        ({"instalments_max": 601}, "product_terms_crossed", "instalments_max"),
        ({"instalments_min": 61}, "product_terms_crossed", "instalments_max"),
        ({"period_every": 13}, "product_outside", "period_every"),
        ({"origination_fee_bps": 2_001}, "product_outside", "origination_fee_bps"),
        ({"lender_fee_bps": 5_001}, "product_outside", "lender_fee_bps"),
        ({"reflection_days": 31}, "product_outside", "reflection_days"),
        ({"funding_min_bps": 0}, "product_outside", "funding_min_bps"),
        ({"method": "balloon"}, "product_choice_missing", "method"),
        ({"calendar": "MARS"}, "product_choice_missing", "calendar"),
        ({"interest_to_date": "ACT/364"}, "product_choice_missing", "interest_to_date"),
        ({"allocation_due": ["fee"] * 4}, "product_order_incomplete", "allocation_due"),
        ({"prepayment_fee_bps": 101}, "product_prepayment_above_eu", "prepayment_fee_bps"),
        ({"period_unit": "WEEKS"}, "product_bill_before_the_last", "bill_lead_days"),
    ],
)
def test_what_cannot_be_published_is_named_at_its_field(
    changed: dict[str, Any], code: str, field: str
) -> None:
    assert refused(**changed) == [(code, field)]


def test_one_instalment_six_hundred_and_a_loan_of_one_cent_are_products_like_others() -> None:
    assert refused(instalments_min=1, instalments_max=600) == []
    assert refused(amount_min_minor=1, fraction_min_minor=1) == []


@pytest.mark.parametrize(
    ("grade", "band", "code"),
    [
        ("C", Band(Decimal("0.20"), Decimal("0.19"), Decimal(0)), "product_band_crossed"),
        ("C", Band(Decimal("0.09"), Decimal("0.19"), Decimal(0)), "product_band_cheaper"),
        ("G", Band(Decimal("0.40"), Decimal("1.01"), Decimal(0)), "product_band_crossed"),
        ("A", Band(Decimal(0), Decimal(0), Decimal("1.5")), "product_loss_outside"),
    ],
)
def test_a_grade_goes_up_and_never_below_a_better_one(grade: str, band: Band, code: str) -> None:
    assert [one for one, _ in refused(BANDS | {grade: band})] == [code]


def test_a_rate_of_nothing_is_a_rate() -> None:
    free = {grade: Band(Decimal(0), Decimal(0), Decimal(0)) for grade in GRADES}

    assert refused(free) == []
    assert refused({}) == [("product_grades_missing", None)]


def test_changes_name_what_differs_and_nothing_else() -> None:
    after = FINE | {"late_fee_minor": 700, "documents": ("identity",)}
    dearer = BANDS | {"B": replace(BANDS["B"], rate_to=Decimal("0.16"))}

    found = changes(FINE, after, BANDS, dearer)

    assert [(one.what, one.before, one.after) for one in found] == [
        ("late_fee_minor", 500, 700),
        ("B", BANDS["B"], dearer["B"]),
    ]


def test_a_grade_table_is_kept_without_losing_a_digit() -> None:
    fine = {"A": Band(Decimal("0.039001"), Decimal("0.059"), Decimal("0.0040"))}

    assert read_bands(stored_bands(fine)) == fine
