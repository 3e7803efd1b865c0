"""Auto-invest's plain rules: what is kept for hands, and what a dry run says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from marketplace.loans.matching import Listing, Reason, Rule, parts, room
from marketplace.loans.rehearsing import rehearse


def a_listing(
    number: int, *, grade: str = "C", borrower: int = 1, amount: int = 100_000
) -> Listing:
    return Listing(
        id=UUID(int=number),
        borrower_id=UUID(int=900 + borrower),
        currency="EUR",
        grade=grade,
        purpose="home",
        product="personal",
        annual_rate=Decimal("0.09"),
        term_months=12,
        left_minor=amount,
        room_minor=amount // 2,
        fraction_min_minor=1_000,
    )


def a_rule(**terms: object) -> Rule:
    facts: dict[str, object] = {
        "id": UUID(int=1),
        "lender_id": UUID(int=2),
        "waiting_since": datetime(2026, 3, 2, tzinfo=UTC),
        "currency": "EUR",
        "amount_minor": 5_000,
    }
    return Rule(**{**facts, **terms})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "auto", "hours", "expected"),
    [
        (100_000, 0, 0, 50_000),
        (100_000, 20_000, 23, 30_000),
        (30_000, 0, 1, 30_000),  # people have lent: no more is there
        (60_000, 50_000, 1, 0),
        (60_000, 40_000, 24, 60_000),
    ],
)
def test_half_is_kept_for_hands_until_the_head_start_is_over(
    left: int, auto: int, hours: int, expected: int
) -> None:
    assert room(100_000, left, auto, timedelta(hours=hours)) == expected


def test_nobody_is_served_where_a_crumb_would_be_left() -> None:
    assert parts([1_500], 1_500, 2_000, 1_000) == [1_000]
    assert parts([1_500], 1_500, 1_900, 1_000) == [0]
    assert parts([1_900], 1_900, 1_900, 1_000) == [1_900]


def test_who_wants_less_than_the_smallest_part_is_no_case_for_sharing() -> None:
    with pytest.raises(ValueError, match="smallest part"):
        parts([999], 5_000, 5_000, 1_000)


def test_a_dry_run_counts_its_own_orders_against_every_cap_and_names_what_holds() -> None:
    rule = a_rule(
        grades=frozenset("CD"),
        month_max_minor=12_000,
        borrower_max_minor=7_000,
        grade_max_minor=14_000,
    )
    past = [
        ("2026-01", a_listing(1)),
        ("2026-01", a_listing(2)),  # the same borrower: 2,000 are left
        ("2026-01", a_listing(3)),  # and now too little
        ("2026-01", a_listing(4, grade="A")),
        ("2026-01", a_listing(5, borrower=2)),
        ("2026-01", a_listing(6, borrower=3)),  # the month is used up
        ("2026-02", a_listing(7, borrower=3)),  # the grade leaves 2,000
        ("2026-02", a_listing(8, borrower=4)),
    ]

    tried = rehearse(rule, past)

    assert [(found.amount_minor, found.reason) for found in tried] == [
        (5_000, None),
        (2_000, None),
        (0, Reason.BORROWER),
        (0, Reason.GRADE),
        (5_000, None),
        (0, Reason.MONTH),
        (2_000, None),
        (0, Reason.GRADE_CAP),
    ]
