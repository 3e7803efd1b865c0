"""Pages a second, as a share of a bare Flask page's in the same run.

Both are served by granian with two workers and no page cache but the product's own. The load
comes from wrk (Debian package `wrk`), one thread, 16 connections, on the same two cores.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from marketplace.app import create_app
from marketplace.identity import queries as identity
from marketplace.identity.services import sessions
from marketplace.infra import migrating, postgres, settings
from marketplace.infra.commands import command
from marketplace.kernel import clock
from marketplace.kernel.ids import PersonId

ROOT: Final = Path(__file__).resolve().parents[1]
SECONDS: Final = 4
CONNECTIONS: Final = 16
START_SECONDS_MAX: Final = 60
PUBLIC_FLOOR: Final = 0.5
SIGNED_IN_FLOOR: Final = 0.05


@dataclass(frozen=True, slots=True)
class Figure:
    """Requests a second of one page and what share of the bare page's that is."""

    page: str
    per_second: float
    ratio: float
    floor: float | None


def run(place: Place, scale: Scale) -> list[Figure]:
    """Make a demo world in a folder of its own, measure, and return the figures."""
    with tempfile.TemporaryDirectory(prefix="kindling-bench-") as folder:
        server = postgres.start(Path(folder))
        try:
            return _measure(server.url, folder)
        finally:
            server.stop()


def _measure(url: str, folder: str) -> list[Figure]:
    migrating.upgrade(url)
    environ = {**os.environ, "DATABASE_URL": url, "DATA_DIR": folder, "PYTHONPATH": str(ROOT)}
    _flask(environ, "demo", "load")
    with psycopg.connect(url) as connection:
        connection.execute("ANALYZE")
    campaign, loan = _refs(environ)
    cookie = _cookie(environ)
    with _served("bench.hello:app", environ) as port:
        hello = _rate(port, "/", "")
    figures = [Figure("hello", hello, 1.0, None)]
    with _served("wsgi:app", environ) as port:
        pages = [
            *(("/", ""), ("/projects", ""), (f"/projects/{campaign}", "")),
            *(("/loans", ""), (f"/loans/{loan}", "")),
            *(("/my/pledges", cookie), ("/my/money", cookie), ("/projects", cookie)),
        ]
        for path, who in pages:
            rate = _rate(port, path, who)
            floor = SIGNED_IN_FLOOR if who else PUBLIC_FLOOR
            name = f"{path}{' (signed in, uncached)' if who else ''}"
            figures.append(Figure(name, rate, rate / hello, floor))
    return figures


def _cookie(environ: Mapping[str, str]) -> str:
    """Return the cookie of a session of one of the demo's people."""
    app = create_app(settings.read(environ))
    with app.app_context():
        person = identity.by_email("backer@demo.example")
        if person is None:
            raise RuntimeError("the demo world has no backer")
        token = _begin(person.id)
    return f"kindling_session={token}"


@command
def _begin(person_id: PersonId) -> str:
    browser = sessions.Browser("127.0.0.1", "bench")
    return sessions.begin(person_id, browser, at=clock.wall()).token


def _refs(environ: Mapping[str, str]) -> tuple[str, str]:
    with _served("wsgi:app", environ) as port:
        campaign = _first(port, "/projects", r"/projects/(cmp_[0-9a-z]+)")
        return campaign, _first(port, "/loans", r"/loans/(ln_[0-9a-z]+)")


def _first(port: int, path: str, pattern: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    found = re.search(pattern, connection.getresponse().read().decode())
    if found is None:
        raise RuntimeError(f"{path} lists nothing")
    return found[1]


def _flask(environ: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT, env=dict(environ), check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


@contextmanager
def _served(target: str, environ: Mapping[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2"),
        *("--blocking-threads", "1", "--host", "127.0.0.1", "--port", str(port)),
        *("--no-access-log", "--log-level", "error", target),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(environ))
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    for _attempt in range(START_SECONDS_MAX * 10):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not answer")


def _rate(port: int, path: str, cookie: str) -> float:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("bench pages needs wrk: apt-get install wrk")
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    if cookie:
        command += ["-H", f"Cookie: {cookie}"]
    command.append(f"http://127.0.0.1:{port}{path}")
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    if "Non-2xx" in done.stdout:
        raise RuntimeError(f"{path} did not answer 200: {done.stdout}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout)
    return float(found[1])
