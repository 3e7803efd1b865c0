"""A long run and the servers that answer it take turns: one processor is enough for all of them.

Whoever asks waits for the answer, and the server waits for the next question, so that two
processors would never work at once; but each question would have to wake the other one. Where
that is slow, on the virtual machines most of us work on, it takes more time than the answer.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg

_CREDENTIALS: Final = struct.Struct("3i")  # process, user, group: what unix(7) calls a ucred
_PARENT, _PROCESSOR = 1, 36  # of what proc(5) lists after a process's name


@contextmanager
def taking_turns(
    connections: Iterable[psycopg.Connection[Any]],
) -> Iterator[Callable[[], object]]:
    """Keep this thread, and the server processes of `connections`, on one processor.

    Yields what a thread begun meanwhile calls to work elsewhere, beside them. Only servers on
    this machine are moved, and only where we may. Where there are none, with one processor, or
    without Linux everything stays as it is. In the end all is as before.
    """
    free = _allowed()
    here = set(sorted(_processor() & free or free)[:1])
    servers = [_server_here(each) for each in connections] if free > here else []
    moved = [pid for pid in servers if pid is not None and _moved(pid, here)]
    if not moved:
        yield lambda: None
        return
    with ExitStack() as after:
        for pid in (0, *moved):
            after.callback(_moved, pid, free)
        _moved(0, here)
        yield partial(_moved, 0, free - here)


def _allowed() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _processor() -> set[int]:
    """Return where this process ran last."""
    number = _told_of("self", _PROCESSOR)
    return set() if number is None else {number}


def _server_here(connection: psycopg.Connection[Any]) -> int | None:
    """Return the number of the process that answers, if it runs on this machine.

    A number alone proves nothing: the server may run elsewhere, or count its processes in a
    container of its own. It is the process meant if its parent is whom the socket leads to.
    """
    if not connection.info.host.startswith("/") or not hasattr(socket, "SO_PEERCRED"):
        return None
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        sent = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    postmaster, _user, _group = _CREDENTIALS.unpack(sent)
    pid = connection.info.backend_pid
    return pid if postmaster and _told_of(str(pid), _PARENT) == postmaster else None


def _told_of(pid: str, position: int) -> int | None:
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        return int(told.rpartition(")")[2].split()[position])
    except (OSError, ValueError, IndexError):
        return None


def _moved(pid: int, to: set[int]) -> bool:
    try:
        os.sched_setaffinity(pid, to)
    except OSError:  # it has ended, or is somebody else's
        return False
    return True
