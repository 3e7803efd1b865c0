"""Jobs kept in the process that does them: the same order, the same promises, no table."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.infra import jobs
from marketplace.infra.commands import command, rehearsal
from marketplace.infra.database import db, scalar
from marketplace.infra.jobs import LATER, at_hand, defer, defer_many, job

ran: list[str] = []


@job("tests.keep")
def keep(*, word: str) -> None:
    ran.append(word)
    if word == "broken":
        raise ZeroDivisionError
    if word == "two":
        queue("caused by two")


@job("tests.keep_for_later", priority=LATER)
def keep_for_later(*, word: str) -> None:
    ran.append(word)


@pytest.fixture(autouse=True)
def nothing_ran(app: Flask) -> None:
    del app
    ran.clear()


@command
def queue(*words: str, key: str | None = None, delay_seconds: int = 0) -> None:
    for word in words:
        defer(keep, key=key, delay_seconds=delay_seconds, word=word)


@command
def queue_and_break(word: str) -> None:
    defer(keep, word=word)
    raise ZeroDivisionError


@command
def queue_letter_first() -> None:
    defer(keep_for_later, word="letter")
    defer_many(keep, [{"word": "one"}, {"word": "two"}])


def in_the_table() -> int:
    found = int(scalar("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"))
    db.session.rollback()
    return found


def test_they_are_done_in_the_order_of_the_table_without_it() -> None:
    with at_hand():
        queue_letter_first()
        waiting, tabled, done = jobs.waiting(), in_the_table(), jobs.run_due()

    assert (waiting, tabled, done) == (3, 0, 4)
    assert ran == ["one", "two", "caused by two", "letter"]


def test_a_limit_leaves_the_rest_waiting() -> None:
    with at_hand():
        queue("one", "three")
        done, waiting = jobs.run_due(1), jobs.waiting()

    assert (done, waiting, ran) == (1, 1, ["one"])


def test_what_a_broken_command_queued_was_never_there() -> None:
    with at_hand():
        with pytest.raises(ZeroDivisionError):
            queue_and_break("never")
        queue("one")
        jobs.run_due()

    assert ran == ["one"]


def test_one_of_a_key_waits_at_a_time() -> None:
    with at_hand():
        queue("first", key="k")
        queue("second", key="k")
        jobs.run_due()
        queue("third", key="k")
        jobs.run_due()

    assert ran == ["first", "third"]


def test_a_key_of_a_broken_command_is_free_again() -> None:
    @command
    def broken() -> None:
        defer(keep, key="k", word="never")
        raise ZeroDivisionError

    with at_hand():
        with pytest.raises(ZeroDivisionError):
            broken()
        queue("one", key="k")
        jobs.run_due()

    assert ran == ["one"]


def test_what_was_queued_for_show_was_never_there() -> None:
    with at_hand():
        with rehearsal():
            queue("never", key="k")
        queue("one", key="k")
        jobs.run_due()

    assert ran == ["one"]


def test_what_is_not_due_waits_and_does_not_hold_up_the_others() -> None:
    with at_hand():
        queue("tomorrow", delay_seconds=86_400)
        queue("now")
        done, waiting = jobs.run_due(), jobs.waiting()

    assert (done, waiting, ran) == (1, 0, ["now"])
    assert in_the_table() == 1


def test_what_still_waits_at_the_end_is_put_into_the_table_and_done_from_there() -> None:
    with at_hand():
        queue_letter_first()
    tabled = in_the_table()

    done = jobs.run_due()

    assert (tabled, done) == (3, 4)
    assert ran == ["one", "two", "caused by two", "letter"]


def test_a_job_that_breaks_is_told_to_who_runs_it() -> None:
    with at_hand():
        queue("broken")
        with pytest.raises(ZeroDivisionError):
            jobs.run_due()
        db.session.rollback()

    assert ran == ["broken"]


def test_after_the_end_jobs_are_in_the_table_again() -> None:
    with at_hand():
        pass

    queue("one")

    assert in_the_table() == 1
