"""A long run works on two connections of its own; a commit there begins the next transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from marketplace.infra.commands import command, rehearsal
from marketplace.infra.database import db, execute, scalar
from marketplace.infra.unhurried import plan_anew, unhurried

COUNT = "SELECT count(*) FROM follow_up"


@pytest.fixture(autouse=True)
def a_table(owner_connection: psycopg.Connection[Any], app: Flask) -> Iterator[None]:
    del app
    owner_connection.execute("CREATE TABLE follow_up (n int PRIMARY KEY)")
    owner_connection.execute("GRANT ALL ON follow_up TO kindling_app")
    yield
    db.session.remove()
    owner_connection.execute("DROP TABLE follow_up")


@command
def write_down(n: int) -> int:
    """Write a number; returns the server process that did."""
    execute("INSERT INTO follow_up VALUES (%s)", (n,))
    return int(scalar("SELECT pg_backend_pid()"))


@command
def write_and_fail(n: int) -> None:
    """Write a number and think better of it."""
    execute("INSERT INTO follow_up VALUES (%s)", (n,))
    raise LookupError(n)


def test_what_a_command_wrote_is_there_for_everybody_at_once(
    owner_connection: psycopg.Connection[Any],
) -> None:
    with unhurried():
        for n in range(20):
            write_down(n)
            assert owner_connection.execute(COUNT).fetchone() == (n + 1,)
            assert scalar(COUNT) == n + 1
        plan_anew()
        write_down(20)
        assert scalar(COUNT) == 21


def test_a_command_that_fails_leaves_nothing_and_the_next_is_a_transaction_of_its_own(
    owner_connection: psycopg.Connection[Any],
) -> None:
    with unhurried():
        write_down(1)
        with pytest.raises(LookupError):
            write_and_fail(2)
        with pytest.raises(psycopg.errors.UniqueViolation):
            write_down(1)
        write_down(3)

    assert owner_connection.execute("SELECT array_agg(n ORDER BY n) FROM follow_up").fetchone() == (
        [1, 3],
    )


def test_a_rehearsal_leaves_nothing_either() -> None:
    with unhurried():
        write_down(1)
        with rehearsal():
            write_down(2)
            assert scalar(COUNT) == 2
        write_down(3)
        assert scalar(COUNT) == 2


def test_the_transaction_that_waits_for_its_command_holds_nothing(
    owner_connection: psycopg.Connection[Any],
) -> None:
    state = "SELECT state, backend_xid, backend_xmin FROM pg_stat_activity WHERE pid = %s"
    locks = "SELECT count(*) FROM pg_locks WHERE pid = %s AND locktype <> 'virtualxid'"
    with unhurried():
        worker = write_down(1)

        assert owner_connection.execute(state, (worker,)).fetchone() == (
            "idle in transaction",
            None,
            None,
        )
        assert owner_connection.execute(locks, (worker,)).fetchone() == (0,)

    assert owner_connection.execute(state, (worker,)).fetchone() is None  # it has gone home
