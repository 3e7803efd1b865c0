"""A job is never lost in silence: it is tried again, taken up after a death, or shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from marketplace.infra import jobs, jobs_stalled
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, rows, scalar
from marketplace.infra.jobs import defer, job

ran: list[str] = []


@job("tests.note")
def note(*, word: str) -> None:
    ran.append(word)
    if word == "broken":
        raise ZeroDivisionError


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


@command
def queue(word: str, key: str | None = None) -> None:
    defer(note, key=key, word=word)


@command
def taken_by_a_worker(silent_for: timedelta, *, begun_ago: timedelta) -> None:
    """All waiting jobs are in the hands of a worker that then gave no sign any more."""
    worker = scalar(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s) RETURNING id",
        (silent_for,),
    )
    execute(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE status = 'todo'",
        (worker,),
    )
    execute("UPDATE procrastinate_events SET at = now() - %s", (begun_ago,))


def statuses() -> list[str]:
    found = rows("SELECT status::text AS word FROM procrastinate_jobs ORDER BY id", into=_Word)
    db.session.rollback()
    return [each.word for each in found]


class _Word:
    def __init__(self, word: str) -> None:
        self.word = word


HOUR, MOMENT = timedelta(hours=1), timedelta(seconds=5)


class TestAfterADeath:
    def test_what_a_dead_worker_had_in_hand_is_done_by_the_next(self, app: Flask) -> None:
        queue("one")
        taken_by_a_worker(HOUR, begun_ago=HOUR)
        jobs.run_due()

        before, revived = list(ran), jobs_stalled.revive()
        jobs.run_due()

        assert (before, revived, ran) == ([], 1, ["one"])

    @pytest.mark.parametrize(
        ("silent_for", "begun_ago"), [(MOMENT, HOUR), (HOUR, MOMENT), (MOMENT, MOMENT)]
    )
    def test_the_living_keep_theirs(
        self, app: Flask, silent_for: timedelta, begun_ago: timedelta
    ) -> None:
        queue("one")
        taken_by_a_worker(silent_for, begun_ago=begun_ago)

        assert jobs_stalled.revive() == 0
        assert statuses() == ["doing"]

    def test_where_another_with_its_key_waits_it_waits_for_that_one(self, app: Flask) -> None:
        queue("one", key="k")
        taken_by_a_worker(HOUR, begun_ago=HOUR)
        queue("two", key="k")

        assert jobs_stalled.revive() == 0
        jobs.run_due()
        assert jobs_stalled.revive() == 1
        jobs.run_due()
        assert ran == ["two", "one"]

    def test_of_two_with_one_key_one_is_taken_up_at_a_time(self, app: Flask) -> None:
        for word in ("one", "two"):
            queue(word, key="k")
            taken_by_a_worker(HOUR, begun_ago=HOUR)

        assert [jobs_stalled.revive(), jobs_stalled.revive()] == [1, 0]


class TestFailed:
    def test_it_is_listed_and_can_be_tried_again(self, app: Flask) -> None:
        number = _failed(app)

        listed = flask(app, "failed")
        assert listed.exit_code == 1
        assert f"{number}  tests.note  attempts 1  " in listed.output
        assert '{"word": "broken"}' in listed.output

        again = flask(app, "retry", str(number))
        assert again.output == f"{number} is queued again.\n"
        assert statuses() == ["todo"]

    def test_without_any_it_says_so(self, app: Flask) -> None:
        answer = flask(app, "failed")

        assert (answer.exit_code, answer.output) == (0, "No job gave up.\n")

    @pytest.mark.parametrize("number", ["12345", "0", "-1", "x", str(2**63)])
    def test_only_what_gave_up_can_be_tried_again(self, app: Flask, number: str) -> None:
        queue("waits")

        assert flask(app, "retry", number).exit_code in {1, 2}
        assert statuses() == ["todo"]

    @pytest.mark.parametrize(
        ("name", "age", "left"),
        [
            ("timetable.x", timedelta(hours=25), 0),
            ("timetable.x", timedelta(hours=23), 1),
            ("tests.note", timedelta(days=400), 1),
        ],
    )
    def test_only_yesterdays_rounds_of_the_timetable_are_forgotten(
        self, app: Flask, name: str, age: timedelta, left: int
    ) -> None:
        _failed(app)
        _rewrite(name, age)

        jobs_stalled.forget_failed_rounds()

        assert len(statuses()) == left


@command
def _rewrite(name: str, age: timedelta) -> None:
    execute("UPDATE procrastinate_jobs SET task_name = %s", (name,))
    execute("UPDATE procrastinate_events SET at = now() - %s", (age,))


def _failed(app: Flask) -> int:
    queue("broken")
    with pytest.raises(ZeroDivisionError):
        jobs.run_due()
    (found,) = jobs.gave_up()
    db.session.rollback()
    return found.id


def flask(app: Flask, *args: str) -> Any:
    return app.test_cli_runner().invoke(args=["jobs", *args])
