"""What must hold before a borrower is paid: each missing thing is named, and names are compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.loans.preconditions import Case, Check, needed, same_person, unmet

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date()


def a_case(**changes: Any) -> Case:
    whole = Case(
        id=UUID(int=1),
        borrower_id=UUID(int=2),
        borrower_name="Bea Borrower",
        title="A kiln",
        state="funded",
        amount_minor=100_000,
        reserved_minor=100_000,
        currency="EUR",
        origination_fee_bps=200,
        lenders=3,
        collateral=True,
        funded_at=NOW,
        offered_at=NOW,
        payable_account=7,
        disburse_attempts=0,
        first_reviewer_id=UUID(int=3),
        first_reviewer="Fiona",
        second_reviewer_id=UUID(int=4),
        second_reviewer="Seth",
        risk_at=NOW - timedelta(days=10),
        reflecting_minor=0,
        contract_id=UUID(int=5),
        contract_state="signed",
        contract_hash="c" * 64,
        contract_signed_at=NOW,
        payee_state="ready",
        payee_ref="py_1",
        payee_name="BORROWER, Bea",
        account_ending="0001",
        registration_id=UUID(int=6),
        registration_office="Vehicle office",
        registration_number="V-1",
        registration_checked_at=NOW,
        ltv_max_bps=8_000,
        value_minor=200_000,
        haircut_bps=2_000,
        valued_on=TODAY - timedelta(days=30),
        valid_until=TODAY,
        held_minor=98_000,
    )
    return replace(whole, **changes)


def test_nothing_is_missing_of_a_case_in_which_all_holds() -> None:
    assert unmet(a_case(), TODAY) == []


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"second_reviewer_id": None}, Check.REVIEWS),
        ({"second_reviewer_id": UUID(int=3)}, Check.REVIEWS),
        ({"second_reviewer_id": UUID(int=2)}, Check.REVIEWS),
        ({"risk_at": None}, Check.RISK),
        ({"risk_at": NOW - timedelta(days=91)}, Check.RISK),
        ({"reserved_minor": 99_999}, Check.FUNDED),
        ({"payable_account": None}, Check.FUNDED),
        ({"reflecting_minor": 1}, Check.REFLECTION),
        ({"contract_state": None}, Check.CONTRACT),
        ({"contract_state": "drafted"}, Check.CONTRACT),
        ({"contract_state": "signing"}, Check.CONTRACT),
        ({"payee_state": "pending"}, Check.PAYEE),
        ({"payee_state": None}, Check.PAYEE),
        ({"payee_name": "Ben Burrower"}, Check.NAME),
        ({"payee_name": None}, Check.NAME),
        ({"registration_checked_at": None}, Check.COLLATERAL),
        ({"value_minor": None}, Check.VALUATION),
        ({"valid_until": TODAY - timedelta(days=1)}, Check.VALUATION),
        ({"value_minor": 156_250}, None),  # 1,000 of 1,250 that count: 80 %, the limit itself
        ({"value_minor": 156_249}, Check.LTV),
        ({"haircut_bps": 4_000}, Check.LTV),
        ({"held_minor": 97_999}, Check.AMOUNT),
        ({"held_minor": 98_001}, Check.AMOUNT),
    ],
)
def test_each_thing_that_does_not_hold_is_named(
    changes: dict[str, Any], missing: Check | None
) -> None:
    assert unmet(a_case(**changes), TODAY) == ([missing] if missing else [])


def test_several_missing_things_are_all_named_in_the_order_of_the_list() -> None:
    case = a_case(contract_state=None, payee_state=None, payee_name=None, held_minor=0)

    assert unmet(case, TODAY) == [Check.CONTRACT, Check.PAYEE, Check.NAME, Check.AMOUNT]


def test_collateral_is_looked_at_only_where_the_product_has_it() -> None:
    case = a_case(collateral=False, registration_checked_at=None, value_minor=None)

    assert {Check.COLLATERAL, Check.VALUATION, Check.LTV}.isdisjoint(needed(case))
    assert unmet(case, TODAY) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"origination_fee_bps": 100},
        {"payee_ref": "py_2"},
        {"payee_name": "Bea M. Borrower"},
        {"account_ending": "0002"},
        {"contract_hash": "d" * 64},
        {"amount_minor": 99_900},
    ],
)
def test_what_is_decided_on_is_bound_to_amount_payee_and_contract(changes: dict[str, Any]) -> None:
    assert a_case(**changes).bound != a_case().bound


def test_what_has_nothing_to_do_with_the_payout_does_not_change_what_is_bound() -> None:
    assert a_case(title="Another title", lenders=9).bound == a_case().bound


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Bea Borrower", "Bea Borrower", True),
        ("Bea Borrower", "BORROWER, BEA", True),
        ("Żółć Łucja", "zołc łucja", True),
        ("Bea Maria Borrower", "Bea Borrower", True),
        ("陳 大文", "陳大文", True),
        ("Bea Borrower", "Ben Borrower", False),
        ("Bea", "Bea Borrower", False),
        ("", "", False),
        ("Bea Borrower", "", False),
    ],
)
def test_two_spellings_of_one_name_are_one_person(one: str, other: str, *, same: bool) -> None:
    assert same_person(one, other) is same
