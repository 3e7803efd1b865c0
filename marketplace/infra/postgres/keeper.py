"""The process that keeps one embedded server: starts it, waits for the last lease, stops it.

It sleeps in one blocking lock call. The kernel wakes it when the last user of the server is gone,
by whatever death, or when the server itself dies; if the keeper is killed, the kernel stops the
server (Linux) or the next keeper does (elsewhere).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from marketplace.infra.postgres.cluster import Cluster
from marketplace.infra.postgres.files import Lock, PostgresTrouble, Shelf

RESTARTS_MAX = 3
RESTARTS_WITHIN_SECONDS = 60.0


class _ServerDied(Exception):
    """The server's process ended although nobody asked it to."""


class _Stop(Exception):
    """Somebody told the keeper to end."""


def main(arguments: list[str]) -> int:
    """Keep the server of DATA_DIR (argument 1); argument 2 is our lock, 3 the mode."""
    shelf = Shelf(Path(arguments[0]))
    os.set_inheritable(int(arguments[1]), False)  # the lock must end with the keeper
    test_mode = arguments[2] == "test"
    signal.signal(signal.SIGTERM, _on_stop)
    try:
        cluster = Cluster.open(shelf)
        cluster.launch(test_mode=test_mode)
    except PostgresTrouble as trouble:
        _tell(str(trouble))
        return 1
    except OSError as error:
        _tell(
            f"The embedded PostgreSQL cannot run in {shelf.data_dir}: "
            f"{error.strerror or error} ({error.filename or 'no file named'})."
        )
        return 1
    _mark_ready(shelf)
    _tell("ready")
    _keep(cluster, test_mode=test_mode)
    return 0


def _keep(cluster: Cluster, *, test_mode: bool) -> None:
    deaths: list[float] = []
    signal.signal(signal.SIGCHLD, _on_child)
    try:
        while not _wait_for_the_last_lease(cluster):
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            deaths = [at for at in deaths if at > time.monotonic() - RESTARTS_WITHIN_SECONDS]
            deaths.append(time.monotonic())
            if len(deaths) > RESTARTS_MAX:
                return
            cluster.shelf.ready.unlink(missing_ok=True)
            cluster.launch(test_mode=test_mode)
            _mark_ready(cluster.shelf)
            signal.signal(signal.SIGCHLD, _on_child)
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        cluster.shelf.ready.unlink(missing_ok=True)
        cluster.stop()


def _wait_for_the_last_lease(cluster: Cluster) -> bool:
    """Return True once nobody uses the server, False when the server died before that."""
    while True:
        try:
            if cluster.server is None or cluster.server.poll() is not None:
                return False
            # Never released: a newcomer waits at this lock until the keeper has ended.
            Lock.exclusive(cluster.shelf.lease)
        except _ServerDied:
            continue  # or it was only halted, or goes on again: look
        except _Stop:
            return True
        return True


def _on_child(_number: int, _frame: FrameType | None) -> None:
    raise _ServerDied


def _on_stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stop


def _mark_ready(shelf: Shelf) -> None:
    shelf.ready.write_text(f"{os.getpid()}\n")


def _tell(line: str) -> None:
    """Say one line to whoever started us, if still there, and let go of the pipe."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), (" ".join(line.split()) + "\n").encode())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
