"""As which user the server runs: PostgreSQL refuses root, so root steps down.

Root becomes the owner of an existing data folder, else `postgres`, else `nobody`. Where root may
not change users at all (a sandbox that knows one user only), a user namespace makes the server
believe it is somebody else.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.infra.postgres.files import PostgresTrouble

SERVICE_USERS = ("postgres", "nobody", "daemon")
OWN_FILES = Path("/proc/self/fd")


@dataclass(frozen=True)
class Identity:
    """The user to run as; `prefix` goes before the command where a namespace is needed."""

    name: str
    uid: int
    gid: int
    steps_down: bool = False
    prefix: tuple[str, ...] = ()

    def options(self) -> dict[str, Any]:
        """Give subprocess's options for running as this user, with a clean environment."""
        options: dict[str, Any] = {
            "cwd": "/",
            "umask": 0o077,
            "env": {"PATH": os.defpath, "LC_ALL": "C"},
        }
        if self.steps_down:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options


def choose(cluster: Path) -> Identity:
    """Choose the user for this data folder; PostgresTrouble when there is none."""
    uid = os.geteuid()
    if uid != 0:
        return _myself(uid)
    for entry in _candidates(cluster):
        identity = Identity(entry.pw_name, entry.pw_uid, entry.pw_gid, steps_down=True)
        if _works(identity):
            return identity
    return _in_a_namespace()


def _myself(uid: int) -> Identity:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise PostgresTrouble(
            f"The embedded PostgreSQL needs a user with a name, but number {uid} has none here; "
            "run as a named user, or set DATABASE_URL to a server of your own."
        ) from error
    return Identity(entry.pw_name, uid, entry.pw_gid)


def _candidates(cluster: Path) -> list[pwd.struct_passwd]:
    entries = []
    if cluster.exists() and cluster.stat().st_uid != 0:
        # An ordinary user's data stays that user's, even if root looks in for once.
        entries.append(_entry(cluster.stat().st_uid))
    entries += [_entry(name) for name in SERVICE_USERS]
    return [entry for entry in entries if entry is not None]


def _entry(who: int | str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(who) if isinstance(who, int) else pwd.getpwnam(who)
    except KeyError:
        return None


def _works(identity: Identity) -> bool:
    try:
        subprocess.run(["/bin/sh", "-c", ":"], check=True, **identity.options())
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _in_a_namespace() -> Identity:
    unshare = shutil.which("unshare")
    entry = next((found for name in ("nobody", "daemon") if (found := _entry(name))), None)
    if unshare and entry:
        prefix = (
            unshare,
            "--user",
            f"--map-user={entry.pw_uid}",
            f"--map-group={entry.pw_gid}",
            "--",
        )
        identity = Identity(entry.pw_name, 0, 0, prefix=prefix)
        try:
            subprocess.run([*prefix, "/bin/sh", "-c", ":"], check=True, capture_output=True)
        except (OSError, subprocess.SubprocessError):
            pass
        else:
            return identity
    raise PostgresTrouble(
        "PostgreSQL refuses to run as root, and this machine lets root become no other user; "
        "run as an ordinary user, or set DATABASE_URL to a server of your own."
    )


def own(path: Path, identity: Identity) -> None:
    """Give a folder of ours, with everything in it, to the user the server runs as."""
    if not identity.steps_down or path.stat().st_uid == identity.uid:
        return
    for folder, _, names in os.walk(path):
        for name in (".", *names):
            os.chown(Path(folder) / name, identity.uid, identity.gid, follow_symlinks=False)


class OpenFolder:
    """A folder that a child can use even where it may not enter the parents.

    The child inherits it open, and `/proc/self/fd/N` leads into it without walking the path. So
    no parent has to be opened to anyone.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        """Open the folder; without `/proc`, or without stepping down, the path itself will do."""
        self.path = str(path)
        self.fds: tuple[int, ...] = ()
        if identity.steps_down and OWN_FILES.is_dir():
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self.path = str(OWN_FILES / str(fd))
            self.fds = (fd,)

    def close(self) -> None:
        """Close our side."""
        for fd in self.fds:
            os.close(fd)
        self.fds = ()


def can_use(identity: Identity, paths: Sequence[Path]) -> bool:
    """Say whether that user can read all of these files, parents included."""
    if not identity.steps_down:
        return True
    script = 'for path in "$@"; do test -r "$path" || exit 1; done'
    test = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *map(str, paths)], check=False, **identity.options()
    )
    return test.returncode == 0


def name_of(uid: int) -> str:
    """Give a user's name, or the number where it has none."""
    entry = _entry(uid)
    return entry.pw_name if entry else str(uid)


def runs_in(pid: int, folder: Path) -> bool:
    """Say whether a living `postgres` process works in this folder; zombies do not count."""
    process = Path("/proc") / str(pid)
    if process.parent.joinpath("self").exists():
        try:
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            return state not in "ZX" and (process / "cwd").samefile(folder)
        except OSError:
            return False
    shown = subprocess.run(
        ["/bin/ps", "-o", "stat=,command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return "postgres" in shown.stdout and str(folder) in shown.stdout and shown.stdout[0] != "Z"
