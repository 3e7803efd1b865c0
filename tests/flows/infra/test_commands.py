"""One verb, one transaction: all of it or nothing, and for show nothing at all."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from psycopg.errors import DeadlockDetected

from marketplace import wiring
from marketplace.infra import business_clock, events, jobs
from marketplace.infra.commands import command, rehearsal, rehearsing, step
from marketplace.infra.database import column, db, execute, scalar
from marketplace.infra.jobs import defer, defer_many, job
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken, Refusal
from marketplace.kernel.ids import new_id

heard: list[Any] = []


@job("tests.hear")
def hear(*, word: str) -> None:
    heard.append(word)


@job("tests.gather", after_s=0.02)
def gather() -> None:
    heard.append(clock.monotonic())


@pytest.fixture(autouse=True)
def silence() -> None:
    heard.clear()


@step
def _write(key: str) -> None:
    execute(
        "INSERT INTO mail_message (id, key, to_address, subject, body_text, created_at)"
        " VALUES (%s, %s, 'a@x.test', 's', 't', now())",
        (new_id(), key),
    )


@command
def write(key: str, *, breaks: bool = False) -> str:
    _write(key)
    defer(hear, word=key)
    if breaks:
        raise ZeroDivisionError
    return key


def written() -> list[str]:
    found = column("SELECT key FROM mail_message ORDER BY key")
    db.session.rollback()
    return found


class TestCommand:
    def test_it_commits_its_rows_and_its_jobs_together(self, app: Flask) -> None:
        assert write("a") == "a"

        jobs.run_due()

        assert (written(), heard) == (["a"], ["a"])

    def test_when_it_breaks_neither_is_there(self, app: Flask) -> None:
        with pytest.raises(ZeroDivisionError):
            write("a", breaks=True)

        jobs.run_due()

        assert (written(), heard) == ([], [])

    def test_it_is_never_called_inside_another(self, app: Flask) -> None:
        outer = command(lambda: write("a"))

        with pytest.raises(Broken, match="inside command"):
            outer()

        assert written() == []

    def test_a_step_is_never_called_outside_one(self, app: Flask) -> None:
        with pytest.raises(Broken, match="outside a command"):
            _write("a")

    def test_a_deadlock_is_tried_again_and_happens_once(self, app: Flask) -> None:
        tries: list[int] = []

        @command
        def shy() -> None:
            _write("a")
            tries.append(1)
            if len(tries) < 3:
                raise DeadlockDetected

        shy()

        assert (len(tries), written()) == (3, ["a"])

    def test_a_deadlock_that_does_not_pass_is_heard(self, app: Flask) -> None:
        @command
        def stuck() -> None:
            raise DeadlockDetected

        with pytest.raises(DeadlockDetected):
            stuck()


class TestRehearsal:
    def test_each_sees_the_effects_before_it_and_all_are_undone(self, app: Flask) -> None:
        with rehearsal():
            write("a")
            write("b")
            seen = column("SELECT key FROM mail_message ORDER BY key")
            assert rehearsing()
        jobs.run_due()

        assert (seen, written(), heard) == (["a", "b"], [], [])

    def test_one_that_breaks_is_undone_alone(self, app: Flask) -> None:
        with rehearsal():
            write("a")
            with pytest.raises(ZeroDivisionError):
                write("b", breaks=True)
            seen = column("SELECT key FROM mail_message")

        assert (seen, written()) == (["a"], [])

    def test_after_it_commands_are_real_again(self, app: Flask) -> None:
        with pytest.raises(ZeroDivisionError), rehearsal():
            raise ZeroDivisionError

        write("a")

        assert written() == ["a"]


class TestJobs:
    def test_with_a_key_one_waits_for_all(self, app: Flask) -> None:
        queue = command(lambda word: defer(hear, key="k", word=word))

        for word in ("a", "b", "c"):
            queue(word)
        jobs.run_due()
        queue("d")
        jobs.run_due()

        assert heard == ["a", "d"]

    def test_many_are_queued_at_once_and_run_in_their_order(self, app: Flask) -> None:
        command(lambda: defer_many(hear, [{"word": str(n)} for n in range(50)]))()

        assert jobs.run_due(limit=20) == 20
        assert jobs.waiting() == 30
        db.session.rollback()
        jobs.run_due()

        assert heard == [str(n) for n in range(50)]

    def test_a_worker_lets_a_moment_pass_where_more_may_come(self, app: Flask) -> None:
        begun = clock.monotonic()

        jobs.app.tasks["tests.gather"]()

        assert heard[0] >= begun + 0.02

    def test_a_delayed_one_waits_for_its_time(self, app: Flask) -> None:
        command(lambda: defer(hear, delay_seconds=60, word="a"))()

        assert jobs.run_due() == 0


@dataclasses.dataclass(frozen=True)
class _Told(events.Event):
    id: UUID
    person_id: UUID | None
    amount_minor: int


def _first(event: _Told) -> None:
    heard.append(("first", event))


def _second(event: _Told) -> None:
    heard.append(("second", event))


class TestEvents:
    def test_every_listener_hears_every_fact_once_with_its_types(self, app: Flask) -> None:
        told = _Told(new_id(), None, 5)
        events.subscribe({_Told: [_first, _second]})
        try:
            command(lambda: events.announce(told))()
            jobs.run_due()
        finally:
            wiring.tell_everybody()

        assert heard == [("first", told), ("second", told)]


class TestBusinessClock:
    def test_it_moves_forward_for_every_process_that_reads_it(
        self, app: Flask, database_url: str
    ) -> None:
        clock = business_clock.BusinessClock(business_clock.read_offset_from(database_url))
        before = clock()

        business_clock.advance(86_400)
        clock.forget()

        assert timedelta(days=1) <= clock() - before < timedelta(days=1, minutes=1)
        assert scalar("SELECT offset_seconds FROM business_clock") == 86_400

    @pytest.mark.parametrize("seconds", [0, -1])
    def test_it_never_goes_back(self, app: Flask, seconds: int) -> None:
        with pytest.raises(Refusal):
            business_clock.advance(seconds)

    def test_without_a_database_it_is_the_real_time(self) -> None:
        assert business_clock.read_offset_from("postgresql://x@127.0.0.1:1/x")() == 0
