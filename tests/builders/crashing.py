"""Operators' commands in real processes that are killed: `python -m tests.builders.crashing`.

The site is loaded once; each order on stdin is carried out by a fork of it, which may be told to
kill itself (SIGKILL, nothing is tidied up) at its n-th step. Steps are the moments right before
and right after each commit.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.builders.processes import a_loaded_site, answer_to


@dataclass
class Stage:
    """The loaded site, waiting for orders."""

    process: subprocess.Popen[str]

    def run(self, *args: str, dies_at: int = 0) -> int:
        """Run `flask ARGS`; its exit status, or -9 when it died at that step before its end."""
        return self.run_together([args], dies_at=dies_at)[0]

    def run_together(self, commands: list[tuple[str, ...]], *, dies_at: int = 0) -> list[int]:
        """Run several commands at the same time."""
        order = json.dumps({"commands": commands, "dies_at": dies_at})
        answer: list[int] = json.loads(answer_to(self.process, order))
        return answer


@contextmanager
def a_stage(environ: Mapping[str, str]) -> Iterator[Stage]:
    """Load the site with these settings in a process of its own."""
    with a_loaded_site("tests.builders.crashing", environ) as process:
        yield Stage(process)


def _main() -> None:
    from wsgi import app

    for line in sys.stdin:
        order = json.loads(line)
        children = [_fork(app, args, order["dies_at"]) for args in order["commands"]]
        statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        sys.stdout.write(json.dumps(statuses) + "\n")
        sys.stdout.flush()


def _fork(app: Any, args: list[str], dies_at: int) -> int:
    child = os.fork()
    if child:
        return child
    with app.app_context():
        if dies_at:
            _die_at(dies_at)
    result = app.test_cli_runner().invoke(args=args)
    sys.stderr.write(result.output if result.exit_code else "")
    sys.stderr.flush()
    os._exit(result.exit_code)


def _die_at(step: int) -> None:
    from sqlalchemy import event

    from marketplace.infra.database import db

    left = [step]

    def count(_session: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_commit", "after_commit"):
        event.listen(db.session, moment, count)


if __name__ == "__main__":
    _main()
