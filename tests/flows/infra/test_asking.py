"""Plain SQL goes over one cursor of a connection: what was asked before never shows after."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from marketplace.infra import jobs
from marketplace.infra.commands import command
from marketplace.infra.database import column, db, execute, row, rows, scalar, together

NAMES = "SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = 'one'"


class Pair(NamedTuple):
    """Two columns of any type."""

    left: Any
    right: Any


@jobs.job("tests.keyed")
def keyed() -> None:
    """Do nothing, once."""


def pair(left: object, right: object, types: str) -> Pair | None:
    kinds = types.split()
    sql = f"SELECT %s::{kinds[0]} AS left, %s::{kinds[1]} AS right"
    return row(sql, (left, right), into=Pair)


def test_each_answer_has_its_own_types_and_columns(app: Flask) -> None:
    del app
    number = UUID(int=7)
    asked: list[tuple[object, object, str]] = [
        (1, "one", "int text"),
        (None, Decimal("1.50"), "int numeric"),
        (number, [1, 2], "uuid int[]"),
        ("1", ["a", None], "text text[]"),
        (2**40, True, "bigint boolean"),
    ]
    for _again in range(8):  # past the use from which statements are prepared
        for left, right, types in asked:
            assert pair(left, right, types) == (left, right)
        assert rows("SELECT 1 AS left, 2 AS right WHERE false", into=Pair) == []
        assert column("SELECT generate_series(1, 3)") == [1, 2, 3]
        assert scalar("SELECT 'last'") == "last"
    db.session.rollback()


def test_after_an_error_the_next_question_is_answered_as_if_nothing_had_been(app: Flask) -> None:
    del app
    for _again in range(8):
        with pytest.raises(psycopg.errors.DivisionByZero):
            scalar("SELECT 1 / %s::int", (0,))
        db.session.rollback()
        assert scalar("SELECT 1 / %s::int", (1,)) == 1
        db.session.rollback()


def test_a_savepoint_is_undone_alone_and_questions_go_on_in_the_same_transaction(
    app: Flask,
) -> None:
    del app
    with together():
        first = scalar("SELECT pg_current_xact_id()::text")
        savepoint = db.session.begin_nested()
        execute("CREATE TEMP TABLE undone (n int) ON COMMIT DROP")
        savepoint.rollback()

        assert scalar("SELECT to_regclass('pg_temp.undone')") is None
        assert scalar("SELECT pg_current_xact_id()::text") == first
        db.session.rollback()


def test_what_a_question_answered_is_forgotten_when_the_next_has_no_answer(app: Flask) -> None:
    del app
    assert scalar("SELECT 7") == 7
    assert execute("CREATE TEMP TABLE quiet (n int) ON COMMIT DROP") == -1
    assert execute("INSERT INTO quiet VALUES (1), (2)") == 2
    assert scalar("SELECT n FROM quiet WHERE n > 5") is None
    db.session.rollback()


@command
def queue_one(meanwhile: threading.Barrier) -> None:
    """Queue the job by its key; both who do it have begun before either is done."""
    scalar("SELECT 1")
    meanwhile.wait(10)
    jobs.defer(keyed, key="one")


def test_two_who_queue_the_same_key_at_once_queue_it_once(app: Flask) -> None:
    barrier, troubles = threading.Barrier(2), list[BaseException]()

    def go() -> None:
        try:
            with app.app_context():
                queue_one(barrier)
        except BaseException as trouble:  # noqa: BLE001 - told below
            troubles.append(trouble)

    both = [threading.Thread(target=go) for _one in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(20)

    assert troubles == []
    assert scalar(NAMES) == 1
    db.session.rollback()
    assert jobs.run_due() == 1
