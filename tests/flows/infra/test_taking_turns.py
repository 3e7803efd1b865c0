"""A long run and its servers share one processor, where the servers run on this machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from marketplace.infra import taking_turns as module
from marketplace.infra.taking_turns import taking_turns

ALL = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()

pytestmark = pytest.mark.skipif(len(ALL) < 2, reason="there is only one processor")


@pytest.fixture
def connection(app: Flask, database_url: str) -> Iterator[psycopg.Connection[Any]]:
    del app
    with psycopg.connect(database_url) as opened:
        yield opened


def of_the_server(connection: psycopg.Connection[Any]) -> set[int]:
    return os.sched_getaffinity(connection.info.backend_pid)


def test_the_thread_and_its_servers_are_on_one_processor_and_go_back_in_the_end(
    connection: psycopg.Connection[Any], database_url: str
) -> None:
    if connection.info.host[:1] != "/":
        pytest.skip("the server is not reached by a socket of this machine")
    with psycopg.connect(database_url) as other:
        with taking_turns([connection, other]):
            assert len(os.sched_getaffinity(0)) == 1
            assert of_the_server(connection) == os.sched_getaffinity(0)
            assert of_the_server(other) == os.sched_getaffinity(0)
            assert connection.execute("SELECT 1").fetchone() == (1,)

        assert of_the_server(connection) == of_the_server(other) == ALL
    assert os.sched_getaffinity(0) == ALL


def test_a_thread_begun_meanwhile_may_work_elsewhere(connection: psycopg.Connection[Any]) -> None:
    seen = list[set[int]]()
    with taking_turns([connection]) as elsewhere:

        def work() -> None:
            elsewhere()
            seen.append(os.sched_getaffinity(0))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        here = os.sched_getaffinity(0)

    assert seen == [ALL - here or ALL]


def test_an_error_on_the_way_puts_everything_back(connection: psycopg.Connection[Any]) -> None:
    def fail() -> None:
        with taking_turns([connection]):
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert os.sched_getaffinity(0) == of_the_server(connection) == ALL


def test_a_process_that_only_has_the_servers_number_is_left_alone(
    connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = module._told_of

    def of_another_parent(pid: str, position: int) -> int | None:
        return 1 if pid == str(connection.info.backend_pid) else told(pid, position)

    monkeypatch.setattr(module, "_told_of", of_another_parent)
    with taking_turns([connection]):
        assert os.sched_getaffinity(0) == of_the_server(connection) == ALL


def test_where_the_system_has_no_word_for_it_nothing_is_moved(
    connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.delattr(os, "sched_setaffinity")
    with taking_turns([connection]) as elsewhere:
        elsewhere()
    monkeypatch.undo()

    assert os.sched_getaffinity(0) == of_the_server(connection) == ALL


def test_with_one_processor_nothing_is_moved(connection: psycopg.Connection[Any]) -> None:
    one = {min(ALL)}
    os.sched_setaffinity(0, one)
    try:
        with taking_turns([connection]) as elsewhere:
            elsewhere()
            assert os.sched_getaffinity(0) == one
            assert of_the_server(connection) == ALL
    finally:
        os.sched_setaffinity(0, ALL)
