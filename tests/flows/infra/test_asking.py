"""Plain SQL goes over one cursor of a connection: what was asked before never shows after."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from marketplace.infra import database, jobs
from marketplace.infra.commands import command
from marketplace.infra.database import column, db, driver, execute, row, rows, scalar, together

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


USES = 9  # past the use from which a statement is prepared


def kept_by_the_server(like: str) -> int:
    """How many such statements the server has prepared on our connection."""
    sql = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"
    return int(scalar(sql, (like,)))


class TestStatementsTheServerKeeps:
    def test_they_answer_as_before_for_every_type_a_parameter_comes_in(self, app: Flask) -> None:
        del app
        sql = "SELECT %(n)s AS left, %(text)s::text AS right /* by name */"
        for n in (1, 70_000, 2**40, None, Decimal("0.10"), True):
            for _again in range(USES):
                assert row(sql, {"n": n, "text": "ä", "unused": 0}, into=Pair) == (n, "ä")
        assert kept_by_the_server("%/* by name */") > 1  # one for each type
        db.session.rollback()

    def test_a_row_is_made_by_whoever_asks_for_it_this_time(self, app: Flask) -> None:
        del app
        sql = "SELECT %s::int AS left, 2 AS right"
        for _again in range(USES):
            assert rows(sql, (1,), into=Pair) == [Pair(1, 2)]
            assert row(sql, (3,), into=dict) == {"left": 3, "right": 2}
            assert column(sql, (4,)) == [4]
        db.session.rollback()

    def test_parameters_that_do_not_fit_are_refused_in_the_words_of_the_driver(
        self, app: Flask
    ) -> None:
        del app
        for _again in range(USES):
            assert scalar("SELECT %(a)s::int", {"a": 1}) == 1
            assert scalar("SELECT %s::int", (1,)) == 1
            assert scalar("SELECT 1", ()) == 1
        with pytest.raises(psycopg.ProgrammingError, match="parameter missing: a"):
            scalar("SELECT %(a)s::int", {"b": 1})
        with pytest.raises(psycopg.ProgrammingError, match="1 placeholders but 2 parameters"):
            scalar("SELECT %s::int", (1, 2))
        with pytest.raises(TypeError, match="require a sequence"):
            scalar("SELECT %s::int", {"a": 1})
        db.session.rollback()

    def test_an_error_leaves_the_next_question_its_answer(self, app: Flask) -> None:
        del app
        sql = "SELECT 12 / %s::int"
        for _again in range(USES):
            assert scalar(sql, (3,)) == 4
        with pytest.raises(psycopg.errors.DivisionByZero):
            scalar(sql, (0,))
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            scalar(sql, (4,))
        db.session.rollback()
        assert scalar(sql, (4,)) == 3
        db.session.rollback()

    def test_one_that_begins_a_transaction_is_undone_with_it(self, app: Flask) -> None:
        del app
        database.disconnect()  # so that there is one connection, which has the table
        execute("CREATE TEMP TABLE held (n int)")
        db.session.commit()
        for n in range(USES):
            assert execute("INSERT INTO held VALUES (%s)", (n,)) == 1
            db.session.commit()
        assert execute("INSERT INTO held VALUES (%s)", (USES,)) == 1
        db.session.rollback()
        assert execute("UPDATE held SET n = n WHERE n < %s", (3,)) == 3
        assert scalar("SELECT count(*) FROM held") == USES
        execute("DROP TABLE held")
        db.session.commit()

    def test_the_least_used_are_forgotten_and_asked_all_the_same(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        del app
        database.disconnect()  # what others left in the pool has its own to forget
        with together():
            monkeypatch.setattr(driver(), "prepared_max", 4)
            for number in range(12):
                for _again in range(USES):
                    assert scalar(f"SELECT {number} /* rotating */") == number
            assert [scalar(f"SELECT {number} /* rotating */") for number in range(12)] == [
                *range(12)
            ]
            assert kept_by_the_server("%/* rotating */") <= 5
            db.session.rollback()
        database.disconnect()


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
