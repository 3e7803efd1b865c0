"""An operator at a site that runs in other processes: `python -m tests.builders.operating`.

`flask --app wsgi` loads the whole site for each command, which takes far longer than most commands
do. Here it is loaded once, and each order on stdin is carried out by a fork of it, so that nothing
one command remembers reaches the next.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.builders.processes import a_loaded_site, answer_to


@dataclass
class Terminal:
    """The loaded site, waiting for orders."""

    process: subprocess.Popen[str]

    def run(self, words: Sequence[str], typed: str = "") -> str:
        """Run `flask WORDS`, which must succeed, with `typed` on its stdin; what it printed."""
        answer = json.loads(answer_to(self.process, json.dumps({"words": words, "typed": typed})))
        assert answer["status"] == 0, answer["said"]
        return str(answer["said"])


@contextmanager
def a_terminal(environ: Mapping[str, str]) -> Iterator[Terminal]:
    """Load the site with these settings in a process of its own."""
    with a_loaded_site("tests.builders.operating", environ) as process:
        yield Terminal(process)


def _main() -> None:
    from wsgi import app

    for line in sys.stdin:
        order = json.loads(line)
        sys.stdout.write(_by_a_fork(app, order["words"], order["typed"]) + "\n")
        sys.stdout.flush()


def _by_a_fork(app: Any, words: list[str], typed: str) -> str:
    """Let a fork run the command; its answer, a line of JSON."""
    ours, its = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        with open(its, "w") as pipe:  # noqa: PTH123 - a pipe has no path
            pipe.write(_answer(app, words, typed))
        os._exit(0)
    os.close(its)
    with open(ours) as pipe:  # noqa: PTH123 - a pipe has no path
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def _answer(app: Any, words: list[str], typed: str) -> str:
    result = app.test_cli_runner().invoke(args=words, input=typed)
    said = result.output if result.exit_code else result.stdout
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        said += "".join(traceback.format_exception(result.exception))
    return json.dumps({"status": result.exit_code, "said": said})


if __name__ == "__main__":
    _main()
