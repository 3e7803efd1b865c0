"""Behind its closed counter one transaction of the bank follows upon another, and stays one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.builders.simulator import Customer


@pytest.fixture(autouse=True)
def closed(customer: Customer) -> Iterator[None]:
    with customer.bank.store.counter_closed():
        yield


def offset(connection: psycopg.Connection[Any]) -> int | None:
    """The clock of the bank as anybody else sees it."""
    found = connection.execute("SELECT offset_seconds FROM simulator.till").fetchone()
    return found[0] if found else None


def set_clock(customer: Customer, seconds: int, *, break_after: bool = False) -> None:
    with customer.bank.work() as work:
        work.run("INSERT INTO simulator.till DEFAULT VALUES ON CONFLICT DO NOTHING")
        work.run("UPDATE simulator.till SET offset_seconds = %(s)s", s=seconds)
        if break_after:
            raise RuntimeError("on purpose")


def test_what_is_done_is_seen_by_everybody_at_once(
    customer: Customer, owner_connection: psycopg.Connection[Any]
) -> None:
    seen = []
    for seconds in (60, 120):
        set_clock(customer, seconds)
        seen.append(offset(owner_connection))

    assert seen == [60, 120]


def test_what_breaks_leaves_nothing_and_hinders_nobody(
    customer: Customer, owner_connection: psycopg.Connection[Any]
) -> None:
    set_clock(customer, 60)

    with pytest.raises(RuntimeError):
        set_clock(customer, 120, break_after=True)

    broken = offset(owner_connection)
    set_clock(customer, 180)
    assert (broken, offset(owner_connection)) == (60, 180)


def _set_and_break(customer: Customer) -> None:
    set_clock(customer, 120)
    raise RuntimeError("on purpose")


def test_work_inside_work_is_a_part_of_it(
    customer: Customer, owner_connection: psycopg.Connection[Any]
) -> None:
    set_clock(customer, 60)

    with pytest.raises(RuntimeError), customer.bank.work():
        _set_and_break(customer)

    assert offset(owner_connection) == 60


def test_nothing_is_locked_between_two_pieces_of_work(
    customer: Customer, owner_connection: psycopg.Connection[Any]
) -> None:
    customer.paid()
    customer.bank.tick()

    with owner_connection.transaction():
        owner_connection.execute("SET LOCAL lock_timeout = '100ms'")
        owner_connection.execute("UPDATE simulator.till SET offset_seconds = 0")
        owner_connection.execute("LOCK TABLE simulator.movement IN EXCLUSIVE MODE")
