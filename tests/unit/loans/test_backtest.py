"""A version tried on loans of the past: sums worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from marketplace.kernel.money import Money
from marketplace.loans.backtest import Past, moved, outcome
from marketplace.loans.versions import Band
from tests.unit.loans.test_versions import FINE

ON = date(2026, 1, 15)
TEN_THOUSAND = Past(1_000_000, 12, Decimal("0.12"), "C")
BANDS = {"C": Band(Decimal("0.10"), Decimal("0.14"), Decimal("0.02"))}


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


def test_loans_bring_the_interest_of_their_schedules() -> None:
    """Policies 5.9: 661.86 of interest on 10,000 at 12 % over twelve months."""
    found = outcome([TEN_THOUSAND, TEN_THOUSAND], FINE, "EUR", ON)

    assert (found.loans, found.outside) == (2, 0)
    assert (found.lent, found.interest) == (eur("20000"), eur("1323.72"))
    assert found.borrower_fees == eur("400")
    assert found.lender_fees == eur("132.38")  # 66.186 of each, rounded up


def test_flat_interest_is_interest_on_everything_all_the_time() -> None:
    assert outcome([TEN_THOUSAND], FINE | {"method": "flat"}, "EUR", ON).interest == eur("1200")


@pytest.mark.parametrize(
    "limits",
    [
        {"amount_max_minor": 999_999},
        {"amount_min_minor": 1_000_001},
        {"instalments_max": 11},
        {"instalments_min": 13},
    ],
)
def test_what_could_not_be_asked_for_counts_for_nothing(limits: dict[str, int]) -> None:
    found = outcome([TEN_THOUSAND], FINE | limits, "EUR", ON)

    assert (found.loans, found.outside, found.lent) == (0, 1, eur("0"))


def test_a_rate_keeps_its_place_within_its_grade() -> None:
    wider = {"C": Band(Decimal("0.10"), Decimal("0.20"), Decimal("0.02"))}

    [found] = moved([TEN_THOUSAND], BANDS, wider)

    assert found.annual_rate == Decimal("0.15")  # half way up, as before
    assert moved([TEN_THOUSAND], BANDS, {}) == [TEN_THOUSAND]


def test_nothing_lent_brings_nothing() -> None:
    assert outcome([], FINE, "EUR", ON).interest == eur("0")
