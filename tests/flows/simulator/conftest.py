"""A bank with an empty book, on a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from marketplace.kernel import clock
from tests.builders.simulator import Customer, a_bank


@pytest.fixture
def customer(
    database_url: str,
    hand: clock.Hand,
    owner_connection: psycopg.Connection[Any],
    clean_database: None,
) -> Iterator[Customer]:
    bank = a_bank(database_url)
    yield Customer(bank)
    bank.store.close()
