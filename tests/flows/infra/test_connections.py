"""Connections rest in a pool; one whose server has gone is noticed before it is used."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest
from flask import Flask

from marketplace.infra import database
from marketplace.infra.commands import command
from marketplace.infra.database import db, scalar


@command
def backend() -> int:
    """Return the number of the server process at the other end."""
    return int(scalar("SELECT pg_backend_pid()"))


@command
def prepared() -> int:
    """Return how often this very question is prepared here; the page before it is rolled back."""
    mine = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%mine%'"
    return int(scalar(mine))


@pytest.fixture
def an_empty_pool(app: Flask) -> None:
    """What other tests left in the pool would take turns with ours."""
    database.disconnect()


@pytest.mark.usefixtures("an_empty_pool")
class TestPooledConnections:
    def test_a_connection_the_server_has_ended_is_replaced_unseen(
        self, owner_connection: psycopg.Connection[Any]
    ) -> None:
        former = backend()
        owner_connection.execute("SELECT pg_terminate_backend(%s, 5000)", (former,))

        assert backend() != former

    def test_a_connection_that_is_alive_is_used_again(self) -> None:
        assert backend() == backend()

    def test_a_connection_that_rested_long_is_asked_whether_it_lives(
        self, owner_connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("marketplace.infra.database._RESTED_SECONDS", 0.0)
        former = backend()
        time.sleep(0.01)

        asked = "SELECT query FROM pg_stat_activity WHERE pid = %s"
        with db.engine.connect():
            seen = owner_connection.execute(asked, (former,)).fetchone()

        assert seen is not None
        assert seen[0] in {"SELECT 1", "ROLLBACK"}

    def test_what_it_has_prepared_outlives_a_rollback(self) -> None:
        asked = [prepared() for _ in range(7)]

        assert (asked[0], asked[-1]) == (0, 1)
