"""`make run`: up until it answers, down without remains, and everything is there the next time."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import psycopg
import pytest

from marketplace.infra import postgres
from tests.unit.infra.site_process import Site, command_of, survivors

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc"),
]


def _mark(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (number int)")
        connection.execute("INSERT INTO kept VALUES (42)")


def _marked(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT number FROM kept").fetchone() == (42,)


def test_it_answers_when_it_says_ready_stops_on_ctrl_c_and_finds_its_data_again(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path / "data")
    site.wait_until_ready()
    parts = site.descendants()

    assert site.get("/healthz") == 200
    joined = postgres.start(tmp_path / "data")
    _mark(joined.url)
    joined.stop()
    assert site.stop(signal.SIGINT) == 0, site.said

    assert survivors(parts) == []
    assert not (tmp_path / "data/postgres/postmaster.pid").exists()
    assert "Traceback" not in site.said
    assert "Killing" not in site.said

    again = Site(tmp_path / "data")
    again.wait_until_ready()
    joined = postgres.start(tmp_path / "data")
    assert _marked(joined.url)
    joined.stop()
    assert again.stop(signal.SIGTERM) == 0, again.said


def test_asked_to_stop_while_its_parts_still_load_it_stops_them_all(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    deadline = time.monotonic() + 60
    while not any("granian" in command_of(pid) for pid in site.descendants()):
        assert site.process.poll() is None, site.said
        assert time.monotonic() < deadline, site.said
    time.sleep(0.5)
    parts = site.descendants()

    assert site.stop(signal.SIGINT) == 0, site.said

    assert survivors(parts) == []
    assert "Killing" not in site.said


def test_everything_killed_leaves_nothing_running_and_loses_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    site.wait_until_ready()
    parts = site.descendants()
    joined = postgres.start(tmp_path / "data")
    _mark(joined.url)
    keeper = int((tmp_path / "data/postgres.ready").read_text())

    for pid in (site.process.pid, keeper, *parts):
        with contextlib.suppress(ProcessLookupError):  # a server's process that has ended since
            os.kill(pid, signal.SIGKILL)
    site.process.wait()
    assert survivors(parts) == []

    again = postgres.start(tmp_path / "data")
    assert _marked(again.url)
    again.stop()
    joined.stop()


def test_its_parts_end_when_only_the_supervisor_is_killed(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    site.wait_until_ready()
    parts = site.descendants()

    os.kill(site.process.pid, signal.SIGKILL)
    site.process.wait()

    assert len(parts) >= 4
    assert survivors(parts) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", site.port)) != 0


def test_the_death_of_a_part_stops_the_rest_and_is_named(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    site.wait_until_ready()
    parts = site.descendants()
    worker = next(
        pid for pid in parts if b"\0jobs\0work\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )

    os.kill(worker, signal.SIGKILL)

    assert site.process.wait(60) == 1
    assert "Kindling cannot run: worker ended by itself (killed by SIGKILL)." in site.said
    assert survivors(parts) == []
