"""The embedded PostgreSQL: a private server for people who have none.

`start(data_dir)` answers with a running server whose files live in `data_dir/postgres`. The server
belongs to everyone who uses it: each process holds a shared lock (its lease), one keeper process
holds the server, and the keeper stops it the moment the last lease is gone, however its holder
died. docs/adr/0002-embedded-postgresql.md says why it is built like this.

Standard library only, because it runs before anything else can be trusted to work.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from marketplace.infra.postgres import files
from marketplace.infra.postgres.files import Lock, PostgresTrouble, Shelf

__all__ = ["PostgresTrouble", "Server", "ensure_running", "start"]

START_SECONDS_MAX = 120.0
"""Longest wait for a first answer; recovery after a crash replays at most 2 GB of log."""

PAUSE_SECONDS = 0.01
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Server:
    """A running server and this process's lease on it.

    `url` is a libpq address of the database `kindling` as its owner. Dropping the lease, by
    `stop()` or by the end of the process, stops the server if nobody else holds one.
    """

    url: str
    shelf: Shelf = field(repr=False)
    lease: Lock = field(repr=False)

    def alive(self) -> bool:
        """Say whether the server is still kept; False after somebody killed its keeper."""
        return self.lease.held and files.is_locked(self.shelf.keeper_lock)

    def stop(self) -> None:
        """Drop the lease; when it was the last one, return once the server is down."""
        if not self.lease.held:
            return
        self.lease.release()
        while files.is_locked(self.shelf.keeper_lock) and not files.is_shared(self.shelf.lease):
            time.sleep(PAUSE_SECONDS)


def start(data_dir: Path, *, test_mode: bool = False) -> Server:
    """Start the server of `data_dir`, or join the one that already runs there.

    `test_mode` gives durability away for speed: after a power cut the data may be gone. Raises
    PostgresTrouble, whose text is one sentence for a person.
    """
    shelf = files.open_shelf(data_dir)
    lease = Lock.shared(shelf.lease)
    try:
        return Server(_url(shelf, test_mode=test_mode), shelf, lease)
    except BaseException:
        lease.release()
        raise


_servers: dict[Path, Server] = {}


def ensure_running(data_dir: Path, *, test_mode: bool = False) -> Server:
    """Give this process's server for `data_dir`, starting or joining it on the first call."""
    place = data_dir.resolve()
    server = _servers.get(place)
    if server is None or not server.alive():
        server = _servers[place] = start(place, test_mode=test_mode)
    return server


def _url(shelf: Shelf, *, test_mode: bool) -> str:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        claim = Lock.try_exclusive(shelf.keeper_lock)
        if claim is not None:
            _spawn_keeper(shelf, claim, deadline, test_mode=test_mode)
        if shelf.ready.exists():
            return files.url(shelf)
        time.sleep(PAUSE_SECONDS)
    raise PostgresTrouble(
        f"The embedded PostgreSQL did not answer within {START_SECONDS_MAX:.0f} seconds; "
        f"its log is {shelf.log}."
    )


def _spawn_keeper(shelf: Shelf, claim: Lock, deadline: float, *, test_mode: bool) -> None:
    """Start the keeper and hand it the claimed lock; return when the server answers."""
    # The lock belongs to the open file, so the keeper holds it from its first moment on: there is
    # no instant at which a second process could claim the same data folder.
    shelf.ready.unlink(missing_ok=True)
    mode = "test" if test_mode else "durable"
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
        "from marketplace.infra.postgres.keeper import main; sys.exit(main(sys.argv[1:]))"
    )
    with shelf.log.open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-c", code, str(shelf.data_dir), str(claim.fd), mode],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=(claim.fd,),
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the site; the keeper stops when leases end
        )
    claim.release_copy()
    assert keeper.stdout is not None
    with keeper.stdout as told:
        answer = _first_line(told, deadline)
    if answer == "ready":
        keeper.returncode = 0  # it outlives this object on purpose; no warning about that
        return
    keeper.kill()
    keeper.wait()
    raise PostgresTrouble(
        answer or f"The embedded PostgreSQL did not start; its log is {shelf.log}."
    )


def _first_line(told: IO[bytes], deadline: float) -> str:
    text = b""
    while not text.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([told], [], [], left)[0]:
            return ""
        chunk = os.read(told.fileno(), 4096)
        if not chunk:
            break
        text += chunk
    return text.decode().strip()
