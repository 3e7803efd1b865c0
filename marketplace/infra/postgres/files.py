"""What the embedded PostgreSQL keeps in DATA_DIR: the paths, the locks, the address.

Locks are `flock`s: the kernel drops them when their holder dies, whatever killed it, so no pid
file has to be believed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

OWNER = "kindling"
"""The superuser role that owns everything, and the name of its database."""

PORT = 5432
SOCKET_PATH_BYTES_MAX = 100
"""A unix socket's address holds 107 bytes on Linux and 103 on macOS; we stay below both."""


class PostgresTrouble(Exception):
    """The database cannot run here; the text is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Shelf:
    """The paths inside one DATA_DIR."""

    data_dir: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder; its socket lives in it too."""
        return self.data_dir / "postgres"

    @property
    def lease(self) -> Path:
        """Shared lock of everyone who uses the server."""
        return self.data_dir / "postgres.lease"

    @property
    def keeper_lock(self) -> Path:
        """Exclusive lock of the one process that keeps the server."""
        return self.data_dir / "postgres.keeper"

    @property
    def ready(self) -> Path:
        """Exists while the server answers."""
        return self.data_dir / "postgres.ready"

    @property
    def log(self) -> Path:
        """What the server and its keeper have to say."""
        return self.data_dir / "postgres.log"


def open_shelf(data_dir: Path) -> Shelf:
    """Make DATA_DIR and its lock files; PostgresTrouble when that is not allowed."""
    try:
        place = data_dir.expanduser().resolve()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        shelf = Shelf(place)
        for path in (shelf.lease, shelf.keeper_lock, shelf.log):
            _touch(path, like=place)
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise PostgresTrouble(
            f"DATA_DIR {data_dir} cannot be written ({why}); "
            "name a folder of your own with DATA_DIR=/some/folder."
        ) from error
    return shelf


def _touch(path: Path, *, like: Path) -> None:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.geteuid() == 0:
            # Root may visit an ordinary user's folder; it must stay usable for that user.
            owner = like.stat()
            os.fchown(fd, owner.st_uid, owner.st_gid)
    finally:
        os.close(fd)


class Lock:
    """One held `flock`; released by `release()` or by the end of the process."""

    def __init__(self, fd: int) -> None:
        """Wrap an open, already locked file."""
        self.fd = fd

    @classmethod
    def shared(cls, path: Path) -> Lock:
        """Wait for and take the shared form."""
        return cls(_locked(path, fcntl.LOCK_SH))

    @classmethod
    def exclusive(cls, path: Path) -> Lock:
        """Wait for and take the exclusive form."""
        return cls(_locked(path, fcntl.LOCK_EX))

    @classmethod
    def try_exclusive(cls, path: Path) -> Lock | None:
        """Take the exclusive form, or None when anyone holds the lock."""
        try:
            return cls(_locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError:
            return None

    @property
    def held(self) -> bool:
        """False after `release()`."""
        return self.fd >= 0

    def release(self) -> None:
        """Let go, also for processes that inherited the open file."""
        if self.held:
            fcntl.flock(self.fd, fcntl.LOCK_UN)
            self.release_copy()

    def release_copy(self) -> None:
        """Close this process's copy only; a process that inherited the file keeps the lock."""
        if self.held:
            os.close(self.fd)
            self.fd = -1


def _locked(path: Path, how: int) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, how)
    except BaseException:
        os.close(fd)
        raise
    return fd


def is_locked(path: Path) -> bool:
    """Say whether anyone holds any lock on the file."""
    lock = Lock.try_exclusive(path)
    if lock is None:
        return True
    lock.release()
    return False


def is_shared(path: Path) -> bool:
    """Say whether someone holds the shared form: an exclusive attempt fails, a shared one works."""
    if not is_locked(path):
        return False
    try:
        fd = _locked(path, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    os.close(fd)
    return True


def url(shelf: Shelf) -> str:
    """Give the server's libpq address."""
    return f"postgresql://{OWNER}@/{OWNER}?host={quote(str(_socket_dir(shelf)))}&port={PORT}"


def _socket_dir(shelf: Shelf) -> Path:
    path = shelf.cluster
    if len(os.fsencode(path)) + len(f"/.s.PGSQL.{PORT}") <= SOCKET_PATH_BYTES_MAX:
        return path
    # Too long for a socket address, but the kernel follows a short link to the long folder.
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    link = Path(tempfile.gettempdir()) / f"kindling-{os.geteuid()}-{digest}"
    try:
        link.symlink_to(path)
    except FileExistsError:
        if link.lstat().st_uid != os.geteuid() or link.readlink() != path:
            link = Path(tempfile.mkdtemp(prefix="kindling-")) / "s"
            link.symlink_to(path)
    return link
