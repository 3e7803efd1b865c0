"""The embedded server starts, is shared, stops with its users, and survives every kill."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from marketplace.infra import postgres
from tests.unit.infra.embedded import gone, hold, read, write


def test_a_new_server_speaks_utf8_checks_its_pages_and_belongs_to_kindling(tmp_path: Path) -> None:
    server = postgres.start(tmp_path)

    with psycopg.connect(server.url) as connection:
        found = connection.execute(
            "SELECT current_user, current_database(), pg_encoding_to_char(encoding), "
            "current_setting('data_checksums'), current_setting('listen_addresses'), "
            "lower('ÀÉ'), 'Z' < 'a' COLLATE \"default\", current_setting('fsync'), "
            "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user) "
            "FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    server.stop()

    assert found == ("kindling", "kindling", "UTF8", "on", "", "àé", True, "on", True)


def test_the_first_start_takes_a_moment_and_the_next_one_less(tmp_path: Path) -> None:
    times = []
    for _ in range(2):
        begin = time.monotonic()
        server = postgres.start(tmp_path)
        times.append(time.monotonic() - begin)
        server.stop()

    # 0.7 s and 0.1 s on two quiet cores; this suite keeps both of them busy.
    assert times[0] < 10
    assert times[1] < 5


def test_test_mode_gives_durability_away(tmp_path: Path) -> None:
    server = postgres.start(tmp_path, test_mode=True)

    with psycopg.connect(server.url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
    server.stop()


def test_data_is_there_after_a_proper_stop(tmp_path: Path) -> None:
    first = postgres.start(tmp_path)
    write(first.url, 1)
    first.stop()

    second = postgres.start(tmp_path)
    found = read(second.url)
    second.stop()

    assert found == [1]


def test_one_process_asks_twice_and_has_one_server(tmp_path: Path) -> None:
    first = postgres.ensure_running(tmp_path)
    second = postgres.ensure_running(tmp_path / "." / "x" / "..")

    assert first is second
    first.stop()


def test_two_processes_share_one_server_which_stops_with_the_last(tmp_path: Path) -> None:
    first, second = hold(tmp_path), hold(tmp_path)
    pid = first.server_pid

    first.leave()
    write(second.told, 1)
    still = second.server_pid
    second.leave()

    assert first.told == second.told
    assert pid == still
    assert gone(second)
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def test_four_processes_at_once_get_one_server(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        holders = list(pool.map(lambda _: hold(tmp_path), range(4)))

    assert len({holder.told for holder in holders}) == 1
    assert len({holder.server_pid for holder in holders}) == 1
    assert (tmp_path / "postgres.log").read_text().count("ready to accept") == 1
    for holder in holders:
        holder.leave()
    assert gone(holders[0])


def test_the_server_stops_when_its_only_user_is_killed(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    write(holder.told, 1)

    holder.kill()

    assert gone(holder)
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()
    again = hold(tmp_path)
    assert read(again.told) == [1]
    again.leave()


def test_the_server_stops_when_its_keeper_is_killed_and_starts_anew(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    write(holder.told, 1)
    pid = holder.server_pid

    os.kill(holder.keeper_pid, signal.SIGKILL)
    again = hold(tmp_path)

    assert pid != again.server_pid
    assert read(again.told) == [1]
    holder.leave()
    again.leave()
    assert gone(again)


def test_everything_killed_at_once_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    for number in range(3):
        holder = hold(tmp_path)
        write(holder.told, number)
        holder.kill(holder.keeper_pid, holder.server_pid)

    again = hold(tmp_path)

    assert read(again.told) == [0, 1, 2]
    again.leave()


def test_a_server_that_was_only_halted_for_a_moment_goes_on(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    before = holder.server_pid

    with psycopg.connect(holder.told) as connection:
        for number in (signal.SIGSTOP, signal.SIGCONT):
            os.kill(before, number)
            time.sleep(0.1)

        assert connection.execute("SELECT 42").fetchone() == (42,)
    assert holder.server_pid == before
    holder.leave()


def test_a_killed_server_is_started_again_for_those_who_use_it(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    write(holder.told, 1)
    pid = holder.server_pid

    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    found: list[int] = []
    while time.monotonic() < deadline and not found:
        try:
            found = read(holder.told)
        except psycopg.OperationalError:
            time.sleep(0.1)

    assert found == [1]
    assert pid != holder.server_pid
    holder.leave()
    assert gone(holder)


def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(tmp_path: Path) -> None:
    postgres.start(tmp_path).stop()
    (tmp_path / "postgres/postmaster.pid").write_text(
        f"{os.getpid()}\n{tmp_path}\n1\n5432\n.\n\n 1 1\nready\n"
    )

    server = postgres.start(tmp_path)

    assert server.alive()
    server.stop()


def test_a_first_start_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    server = postgres.start(tmp_path)
    server.stop()

    assert not half.exists()


@pytest.mark.parametrize("depth", [1, 4])
def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path, depth: int) -> None:
    place = tmp_path.joinpath(*["a folder with a long name, spaces and ümlauts"] * depth)

    server = postgres.start(place)

    write(server.url, 1)
    assert read(server.url) == [1]
    server.stop()
