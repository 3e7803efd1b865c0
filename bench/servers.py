"""Processes that a figure needs beside it: the site as `make run` serves it, the bank, the jobs."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from bench.place import ROOT

WORKERS: Final = 2
START_S_MAX: Final = 60.0


def free_port() -> int:
    """Give a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def granian(target: str, port: int) -> list[str]:
    """Return the module and its words that serve `target` as `make run` does."""
    return [
        *("granian", "--interface", "wsgi", "--workers", str(WORKERS), "--port", str(port)),
        *("--blocking-threads", "1", "--no-access-log", "--log-level", "error", target),
    ]


@contextmanager
def running(
    words: Sequence[str], environ: Mapping[str, str], port: int | None = None
) -> Iterator[None]:
    """Run `python -m WORDS` meanwhile, from when it answers on `port`."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words], cwd=ROOT, env=dict(environ), stdout=subprocess.DEVNULL
    )
    try:
        if port is not None:
            wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until `process` answers on `port`, whatever it says."""
    until = time.monotonic() + START_S_MAX
    while process.poll() is None and time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError("a server does not answer")
