"""XIRR: spreadsheets' example, heavy losses, and the flows that have no rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from marketplace.loans.xirr import xirr


def rate(*flows: tuple[str, str]) -> float | None:
    found = xirr([(date.fromisoformat(on), Decimal(amount)) for on, amount in flows])
    return None if found is None else float(found)


EXCEL = (
    ("2008-01-01", "-10000"),
    ("2008-03-01", "2750"),
    ("2008-10-30", "4250"),
    ("2009-02-15", "3250"),
    ("2009-04-01", "2750"),
)


def test_the_example_of_excels_help() -> None:
    assert rate(*EXCEL) == pytest.approx(0.373362535, abs=1e-8)


def test_the_order_of_the_flows_does_not_matter() -> None:
    assert rate(*reversed(EXCEL)) == rate(*EXCEL)


@pytest.mark.parametrize(
    ("back", "expected"),
    [("1100", 0.1), ("1000", 0.0), ("900", -0.1), ("1", -0.999), ("0.01", -0.99999)],
)
def test_one_flow_back_after_a_year(back: str, expected: float) -> None:
    assert rate(("2021-01-01", "-1000"), ("2022-01-01", back)) == pytest.approx(expected, abs=1e-9)


def test_a_debt_is_a_loan_seen_from_the_other_side() -> None:
    assert rate(("2021-01-01", "1000"), ("2022-01-01", "-1100")) == pytest.approx(0.1)


def test_nearly_everything_lost_within_a_day() -> None:
    assert rate(("2021-01-01", "-1000"), ("2021-01-02", "0.01")) == -1


def test_a_fortune_within_a_day_does_not_overflow() -> None:
    found = xirr([(date(2021, 1, 1), Decimal(-1)), (date(2021, 1, 2), Decimal(1000))])
    assert found is not None
    assert found.adjusted() == 1095


def test_heavy_losses_that_pyxirr_gives_up_on() -> None:
    months = [(f"2020-{month:02}-15", "0.20") for month in range(2, 13)]
    found = rate(("2020-01-01", "-1000"), *months)
    assert found is not None
    assert -1 < found < -0.99
    worth = sum(
        float(amount) * (1 + found) ** (-(date.fromisoformat(on) - date(2020, 1, 1)).days / 365)
        for on, amount in months
    )
    assert worth == pytest.approx(1000, rel=1e-6)


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [("2021-01-01", "-1000")],
        [("2021-01-01", "-1000"), ("2022-01-01", "-1")],
        [("2021-01-01", "1000"), ("2022-01-01", "1")],
        [("2021-01-01", "0"), ("2022-01-01", "0")],
        [("2021-01-01", "-1000"), ("2021-01-01", "1100")],
        [("2021-01-01", "-1000"), ("2021-01-01", "1000")],
        [("2021-01-01", "-5"), ("2022-01-01", "0")],
        [("2021-01-01", "-5"), ("2022-01-01", "7"), ("2022-01-01", "-7")],
        [("2020-01-01", "100"), ("2021-01-01", "-100"), ("2022-01-01", "100")],
    ],
)
def test_flows_that_no_rate_balances(flows: list[tuple[str, str]]) -> None:
    assert rate(*flows) is None


def test_of_several_rates_the_one_nearest_to_ten_percent() -> None:
    # 100 x (1 - 1.05 v)(1 - 3 v): five and two hundred percent
    found = rate(("2021-01-01", "-100"), ("2022-01-01", "405"), ("2023-01-01", "-315"))
    assert found == pytest.approx(0.05, abs=1e-9)
