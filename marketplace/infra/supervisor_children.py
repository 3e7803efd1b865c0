"""The processes of `make run`: started, watched, their lines marked, stopped together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from marketplace.infra.processes import dying_with_parent

STOP_SECONDS_MAX = 15.0
_printing = threading.Lock()


class ChildDied(Exception):
    """A part of the site ended although nobody asked it to."""


@dataclass
class Child:
    """One part of the site."""

    name: str
    process: subprocess.Popen[str]
    reader: threading.Thread


class Children:
    """All parts that run now."""

    def __init__(self, root: Path) -> None:
        """Start parts in the folder `root`."""
        self._root = root
        self._children: list[Child] = []

    def start(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> Child:
        """Start a part; its lines appear with its name in front."""
        process = subprocess.Popen(
            list(command),
            cwd=self._root,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A session of its own: Ctrl-C reaches us alone, and we stop the parts in order; a
            # part's own processes can be killed together.
            start_new_session=True,
            preexec_fn=dying_with_parent(signal.SIGTERM),
        )
        reader = threading.Thread(target=_pass_on, args=(name, process), daemon=True)
        reader.start()
        child = Child(name, process, reader)
        self._children.append(child)
        return child

    def check(self, except_for: Child | None = None) -> None:
        """Raise ChildDied naming the first part that ended by itself."""
        for child in self._children:
            status = child.process.poll()
            if child is not except_for and status is not None:
                child.reader.join(1)
                raise ChildDied(f"{child.name} ended by itself ({_words(status)}).")

    def forget(self, child: Child) -> None:
        """Take a part that has done its work off the watch."""
        child.reader.join(5)
        self._children.remove(child)

    def stop(self) -> None:
        """Stop all parts, each of which stops its own; what does not stop in time is killed."""
        for child in reversed(self._children):
            child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS_MAX
        for child in reversed(self._children):
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            # Also when the part itself is gone: its own processes may have outlived it.
            _kill_group(child)
            child.process.wait()
            child.reader.join(1)
        self._children.clear()


def _kill_group(child: Child) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, signal.SIGKILL)


def _words(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"


def _pass_on(name: str, process: subprocess.Popen[str]) -> None:
    lines: IO[str] | None = process.stdout
    if lines is None:
        return
    with lines:
        for line in lines:
            _print(f"{name:<9} | {line.rstrip()}")


def say(line: str) -> None:
    """Say what the supervisor itself is doing."""
    _print(f"{'make run':<9} | {line}")


def _print(line: str) -> None:
    with _printing, contextlib.suppress(OSError):  # the reader of our output may be gone
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
