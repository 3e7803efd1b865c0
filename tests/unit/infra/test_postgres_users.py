"""Root and ordinary users: who runs the server, and that no folder is opened for it."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.infra import postgres
from marketplace.infra.postgres import identity
from tests.unit.infra.embedded import AS_ROOT, copy_clone, folder, gone, hold, read, write

only_root = pytest.mark.skipif(not AS_ROOT, reason="only root can step down to another user")


def _can(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="module")
def clone() -> Iterator[tuple[Path, str]]:
    """Where everyone can read a copy of the launcher, and its Python."""
    with folder(0o755) as place:
        yield copy_clone(place)


def _modes(path: Path) -> list[int]:
    return [stat.S_IMODE(place.stat().st_mode) for place in (path, *path.parents)]


def _user_of(pid: int) -> str:
    return pwd.getpwuid(Path(f"/proc/{pid}").stat().st_uid).pw_name


@only_root
def test_root_steps_down_to_another_user() -> None:
    with folder(0o700) as place:
        holder = hold(place / "data")

        assert _user_of(holder.server_pid) in identity.SERVICE_USERS
        holder.leave()


@only_root
def test_a_folder_that_only_root_may_enter_stays_closed() -> None:
    with folder(0o700) as place:
        inner = place / "project"
        inner.mkdir(mode=0o700)
        before = _modes(inner)

        holder = hold(inner / ".data")
        write(holder.told, 1)
        found = read(holder.told)
        holder.leave()

        assert found == [1]
        assert before == _modes(inner)
        assert stat.S_IMODE((inner / ".data").stat().st_mode) == 0o700
        assert stat.S_IMODE((inner / ".data/postgres").stat().st_mode) == 0o700


@only_root
def test_a_clone_with_its_environment_in_such_a_folder_works_and_keeps_its_data() -> None:
    with folder(0o700) as place:
        inner = place / "clone"
        inner.mkdir(mode=0o700)
        clone, python = copy_clone(inner)
        before = _modes(clone)

        first = hold(clone / ".data", clone=clone, python=python)
        write(first.told, 1)
        first.kill(first.keeper_pid, first.server_pid)
        second = hold(clone / ".data", clone=clone, python=python)
        found = read(second.told)
        user = _user_of(second.server_pid)
        second.leave()

        assert found == [1]
        assert user in identity.SERVICE_USERS
        assert before == _modes(clone)
        assert gone(second)


@only_root
def test_an_ordinary_user_runs_it_as_itself(clone: tuple[Path, str]) -> None:
    with folder(0o777) as place:
        code, python = clone

        holder = hold(place / "data", clone=code, python=python, user="nobody")
        assert holder.told.startswith("postgresql://")
        write(holder.told, 1)
        user = _user_of(holder.server_pid)
        holder.kill(holder.keeper_pid, holder.server_pid)
        again = hold(place / "data", clone=code, python=python, user="nobody")
        found = read(again.told)
        again.leave()

        assert user == "nobody"
        assert found == [1]


@only_root
def test_an_ordinary_users_data_stays_that_users_when_root_looks_in(
    clone: tuple[Path, str],
) -> None:
    with folder(0o777) as place:
        code, python = clone
        hold(place / "data", clone=code, python=python, user="daemon").leave()

        visit = hold(place / "data", clone=code, python=python)
        user = _user_of(visit.server_pid)
        write(visit.told, 1)
        visit.leave()
        back = hold(place / "data", clone=code, python=python, user="daemon")

        assert user == "daemon"
        assert back.told.startswith("postgresql://")
        back.leave()


@only_root
def test_data_copied_by_root_is_given_to_the_servers_user() -> None:
    with folder(0o700) as place:
        hold(place / "data").leave()
        shutil.copytree(place / "data", place / "copy")
        for path in (place / "copy").rglob("*"):
            os.chown(path, 0, 0)

        holder = hold(place / "copy")

        assert holder.told.startswith("postgresql://")
        holder.leave()


@pytest.mark.skipif(not _can("unshare", "-r", "true"), reason="no user namespaces here")
def test_a_sandbox_with_only_one_user_works_too(tmp_path: Path) -> None:
    holder = hold(tmp_path, prefix=["unshare", "--map-root-user"])
    assert holder.told.startswith("postgresql://"), holder.told
    keeper, server = holder.keeper_pid, holder.server_pid

    holder.kill(keeper)

    assert gone(holder)
    again = hold(tmp_path, prefix=["unshare", "--map-root-user"])
    assert again.told.startswith("postgresql://"), again.told
    assert server != again.server_pid
    again.leave()


@only_root
def test_a_user_without_a_name_is_told_so(clone: tuple[Path, str]) -> None:
    code, python = clone
    with folder(0o777) as place:
        prefix = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]

        holder = hold(place / "data", clone=code, python=python, prefix=prefix)
        holder.process.communicate()

        assert holder.told.startswith("trouble: The embedded PostgreSQL needs a user with a name")


@only_root
def test_a_folder_of_somebody_else_is_named_in_one_sentence(clone: tuple[Path, str]) -> None:
    code, python = clone
    with folder(0o755) as place:
        holder = hold(place / "data", clone=code, python=python, user="nobody")
        holder.process.communicate()

        assert holder.told == (
            f"trouble: DATA_DIR {place}/data cannot be written (Permission denied); "
            "name a folder of your own with DATA_DIR=/some/folder."
        )


@pytest.mark.skipif(
    not (AS_ROOT and _can("unshare", "--mount", "true")), reason="a small disk needs root"
)
def test_a_full_disk_is_named_in_one_sentence(tmp_path: Path) -> None:
    small = f'mount -t tmpfs -o size=20m small {tmp_path} && exec "$@"'

    holder = hold(tmp_path / "data", prefix=["unshare", "--mount", "sh", "-c", small, "sh"])
    holder.process.communicate()

    assert holder.told == (
        "trouble: The embedded PostgreSQL cannot run: there is no space left on the disk that "
        f"holds {tmp_path}/data."
    )


def test_a_file_in_the_place_of_the_folder_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(postgres.PostgresTrouble, match=r"cannot be written \(File exists\)"):
        postgres.start(tmp_path / "data")


def test_a_data_folder_of_another_version_is_named_in_one_sentence(tmp_path: Path) -> None:
    postgres.start(tmp_path).stop()
    (tmp_path / "postgres/PG_VERSION").write_text("12\n")

    with pytest.raises(postgres.PostgresTrouble, match="made by PostgreSQL 12, but only"):
        postgres.start(tmp_path)


def test_a_folder_that_is_no_database_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/notes.txt").write_text("mine")

    with pytest.raises(postgres.PostgresTrouble, match="is not a PostgreSQL data folder"):
        postgres.start(tmp_path)
    assert (tmp_path / "postgres/notes.txt").read_text() == "mine"


def test_a_damaged_database_is_reported_in_the_servers_own_words(tmp_path: Path) -> None:
    postgres.start(tmp_path).stop()
    (tmp_path / "postgres/global/pg_control").write_bytes(b"")

    with pytest.raises(postgres.PostgresTrouble, match=r"cannot run: .*pg_control"):
        postgres.start(tmp_path)
