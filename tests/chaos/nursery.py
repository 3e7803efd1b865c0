"""Workers in a moment: `python -m tests.chaos.nursery` loads the site once and forks them.

Each line on its input is the log of a worker to be born; the answer is its process id. A worker
is what `flask jobs work` is. Those that still live when the input ends are killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.builders.processes import a_loaded_site, answer_to


@dataclass
class Nursery:
    """The loaded site, waiting to bear workers."""

    process: subprocess.Popen[str]

    def bear(self, log: Path) -> int:
        """Start a worker that writes to `log`; returns its process id."""
        return int(answer_to(self.process, str(log)))


@contextmanager
def a_nursery(environ: Mapping[str, str]) -> Iterator[Nursery]:
    """Load the site with these settings in a process of its own."""
    with a_loaded_site("tests.chaos.nursery", environ) as process:
        yield Nursery(process)


def kill(pid: int) -> None:
    """End a worker without a chance to tidy anything up."""
    os.kill(pid, signal.SIGKILL)


def _main() -> None:
    from marketplace.app import create_app

    app = create_app()
    born: list[int] = []
    for line in sys.stdin:
        while _has_ended(born):
            pass
        child = os.fork()
        if not child:
            _work(app, Path(line.rstrip("\n")))
        born.append(child)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    for pid in born:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _has_ended(born: list[int]) -> bool:
    """Bury one of those that have ended."""
    try:
        pid, _status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    if pid:
        born.remove(pid)
    return bool(pid)


def _work(app: object, log: Path) -> None:
    from flask import Flask

    from marketplace.infra import jobs_worker

    assert isinstance(app, Flask)
    with log.open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    with app.app_context():
        jobs_worker.work(app.config["DATABASE_ADDRESS"], concurrency=4)
    os._exit(0)


if __name__ == "__main__":
    _main()
