"""The site's own processes beside a test, to be watched, stopped and killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from werkzeug.serving import WSGIRequestHandler, make_server

ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS_MAX = 90.0
CLEARED = ("TEST_DATABASE_URL", "MAKELEVEL", "PORT", "SIMULATOR_PORT", "SIMULATOR_URL", "SITE_URL")


@dataclass
class Part:
    """One process and what it said."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    def kill(self) -> None:
        """SIGKILL: it cannot tidy anything up."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        self.process.terminate()
        return self.process.wait(30)


@contextmanager
def a_part(command: Sequence[str], environ: Mapping[str, str], log: Path) -> Iterator[Part]:
    """Run a part of the site until the end of the block."""
    kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**kept, **environ},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    part = Part(process, log)
    try:
        yield part
    finally:
        if process.poll() is None:
            part.kill()


def a_worker(environ: Mapping[str, str], log: Path) -> Any:
    """A worker on the database of `environ`."""
    return a_part(["flask", "--app", "wsgi", "jobs", "work"], environ, log)


class _Quiet(WSGIRequestHandler):
    """Does not write down each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


@contextmanager
def served(application: Callable[..., Any]) -> Iterator[str]:
    """Serve a WSGI application on loopback; its address."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def wait_until(
    true: Callable[[], bool], what: Callable[[], str], seconds: float = WAIT_SECONDS_MAX
) -> None:
    """Wait until something holds; `what` tells what was there instead."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)


def ask(url: str, sql: str) -> list[Any]:
    """Look at the database from outside, in a moment of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(sql.encode()).fetchall()


@contextmanager
def a_loaded_site(module: str, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`python -m MODULE`, which loads the site and takes orders, a line each, until its end."""
    with subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()


def answer_to(process: subprocess.Popen[str], order: str) -> str:
    """Give a loaded site an order and return the line it answers."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{order}\n")
    process.stdin.flush()
    return process.stdout.readline()
