"""The chart in Python and its twin in the database say the same."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from psycopg.errors import CheckViolation

from marketplace.infra.database import scalar
from marketplace.kernel.money import CURRENCIES
from marketplace.ledger import chart


@pytest.mark.parametrize("currency", sorted(chart.NUMBERS))
def test_a_currency_has_the_same_number_in_both(app: Flask, currency: str) -> None:
    assert scalar("SELECT ledger_currency_number(%s)", (currency,)) == chart.NUMBERS[currency]


def test_every_currency_of_the_site_can_be_kept(app: Flask) -> None:
    assert set(CURRENCIES) <= set(chart.NUMBERS)


def test_an_unknown_currency_has_no_number(app: Flask) -> None:
    assert scalar("SELECT ledger_currency_number('XXX')") is None


def test_the_number_of_an_account_cannot_belie_its_currency(app: Flask, database_url: str) -> None:
    with psycopg.connect(database_url) as owner, pytest.raises(CheckViolation):
        owner.execute(
            "INSERT INTO ledger_account (id, currency, kind, book, side, mode, overdraft_allowed)"
            " VALUES (7000840, 'EUR', 'suspense', 'money', 'credit', 'append', true)"
        )
