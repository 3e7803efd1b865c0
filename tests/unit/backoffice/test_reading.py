"""How the desk reads causes, adds up money and tells how long something has waited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from marketplace.backoffice import subjects, waiting, words
from marketplace.backoffice.cockpit import positions_of
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.ledger.queries import Turnover

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LOAN = UUID("018f0000-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(seconds=-5), "moments"),
        (timedelta(seconds=59), "moments"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_ages_are_told_in_the_largest_unit_that_says_enough(passed: timedelta, told: str) -> None:
    assert words.waited(NOW - passed, NOW) == told


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (f"loan:{LOAN}", public_id("ln", LOAN)),
        (f"instruction:{LOAN}", public_id("ins", LOAN)),
        (f"bill:{LOAN}", public_id("bil", LOAN)),
        (f"wallet:{LOAN}", f"wallet:{LOAN}"),
        ("loan:", "loan:"),
        ("test", "test"),
        ("", ""),
    ],
)
def test_causes_are_shown_by_public_id_where_there_is_one(cause: str, text: str) -> None:
    assert subjects.cause_text(cause) == text


def test_a_public_id_leads_back_to_its_cause() -> None:
    assert subjects.causes_of(LOAN, "ln") == f"loan:{LOAN}"
    assert subjects.causes_of(LOAN, "zz") is None


@pytest.mark.parametrize(
    ("passed", "age"),
    [
        (timedelta(0), "hour"),
        (timedelta(minutes=59), "hour"),
        (timedelta(hours=1), "day"),
        (timedelta(hours=24), "week"),
        (timedelta(days=7), "older"),
        (timedelta(days=700), "older"),
    ],
)
def test_every_age_belongs_to_exactly_one_column(passed: timedelta, age: str) -> None:
    counted = waiting._counted([NOW - passed], NOW)

    assert {name: counted[name] for name in ("hour", "day", "week", "older")} == {
        name: int(name == age) for name in ("hour", "day", "week", "older")
    }
    assert counted["oldest"] == NOW - passed


def test_what_lies_with_the_provider_equals_what_belongs_to_somebody() -> None:
    turnover = [
        Turnover("provider:simulator:pending", "EUR", 1, 12_000, 2_000),
        Turnover("provider:simulator:available", "EUR", 1, 2_000, 500),
        Turnover("escrow:campaign", "EUR", 3, 500, 11_000),
        Turnover("fees:platform", "EUR", 1, 0, 1_300),
        Turnover("fees:provider", "EUR", 1, 300, 0),
        Turnover("loan:debt", "EUR", 1, 99_999, 0),
        Turnover("person:wallet", "USD", 9, 0, 700),
    ]

    usd, eur = positions_of(turnover)

    assert (eur.pending.minor, eur.available.minor, eur.in_transit.minor) == (10_000, 1_500, 0)
    assert (eur.people.minor, eur.house.minor) == (10_500, 1_000)
    assert eur.difference == Money(0, "EUR")
    assert usd.difference == Money(-700, "USD"), "the most used currency first, its gap shown"
