"""Pages a second, as a share of a bare Flask page's in the same run.

Both are served by granian with two workers, at the same time on two ports, and asked in turn.
The load comes from wrk (Debian package `wrk`), one thread, 16 connections, on the same cores.
"""

from __future__ import annotations

import functools
import http.client
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from bench.figures import Figure, alternate
from bench.place import ROOT, Place, site
from bench.scales import Scale
from marketplace.identity import queries as identity
from marketplace.identity.services import sessions
from marketplace.infra.commands import command
from marketplace.kernel import clock
from marketplace.kernel.ids import PersonId

CONNECTIONS: Final = 16
START_SECONDS_MAX: Final = 60
PUBLIC_FLOOR: Final = 0.5
SIGNED_IN_FLOOR: Final = 0.05
COOKIE: Final = "kindling_session"
BACKER: Final = "backer@demo.example"


def run(place: Place, scale: Scale) -> list[Figure]:
    """Live the demo world, then ask for its pages."""
    if shutil.which("wrk") is None:
        raise SystemExit("bench pages needs wrk: apt-get install wrk")
    _flask(place.environ, "demo", "load")
    with place.owner() as connection:
        connection.execute("VACUUM ANALYZE")
    with site(place):
        cookie = f"{COOKIE}={_signed_in()}"
    with (
        _served("bench.hello:app", place.environ) as hello,
        _served("bench.served:app", place.environ) as port,
    ):
        pages = _pages(port, _as_a_browser(port, cookie))
        measured = alternate(
            scale.rounds,
            functools.partial(_rate, scale, hello, "/", ""),
            *(functools.partial(_rate, scale, port, path, who) for path, who in pages),
        )
    return [
        rounds.figure(_name(path, who), "pages/s", "bare Flask page", _floor(who))
        for rounds, (path, who) in zip(measured, pages, strict=True)
    ]


def _pages(port: int, cookie: str) -> list[tuple[str, str]]:
    """Return each path to ask for, with the cookie to send."""
    campaign = _first(port, "/projects", r"/projects/(cmp_[0-9a-z]+)")
    loan = _first(port, "/loans", r"/loans/(ln_[0-9a-z]+)")
    public = ("/", "/projects", f"/projects/{campaign}", "/loans", f"/loans/{loan}")
    own = ("/my/pledges", "/my/money", "/projects", f"/projects/{campaign}")
    return [*((path, "") for path in public), *((path, cookie) for path in own)]


def _as_a_browser(port: int, cookie: str) -> str:
    """Return all cookies that a browser sends after its first page: the forms' one as well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/account", headers={"Cookie": cookie})
    response = connection.getresponse()
    response.read()
    connection.close()
    given = response.headers.get_all("Set-Cookie") or []
    return "; ".join([cookie, *(each.partition(";")[0] for each in given)])


def _name(path: str, cookie: str) -> str:
    who = "somebody signed in, uncached" if cookie else "a visitor"
    return f"{re.sub(r'/(cmp|ln)_[0-9a-z]+', '/…', path)} for {who}"


def _floor(cookie: str) -> float:
    return SIGNED_IN_FLOOR if cookie else PUBLIC_FLOOR


def _first(port: int, path: str, pattern: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    found = re.search(pattern, connection.getresponse().read().decode())
    connection.close()
    if found is None:
        raise RuntimeError(f"{path} lists nothing")
    return found[1]


@command
def _signed_in() -> str:
    """Begin a session for one of the demo's people and return its token."""
    person = identity.by_email(BACKER)
    if person is None:
        raise RuntimeError(f"the demo world has no {BACKER}")
    browser = sessions.Browser("127.0.0.1", "bench")
    return sessions.begin(PersonId(person.id), browser, at=clock.wall()).token


def _flask(environ: Mapping[str, str], *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT, env=dict(environ), check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


@contextmanager
def _served(target: str, environ: Mapping[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
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
            connection.close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not answer")


def _rate(scale: Scale, port: int, path: str, cookie: str) -> float:
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{scale.seconds}s"]
    if cookie:
        words += ["-H", f"Cookie: {cookie}"]
    words.append(f"http://127.0.0.1:{port}{path}")
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    if "Non-2xx" in done.stdout:
        raise RuntimeError(f"{path} did not answer 200: {done.stdout}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout)
    return float(found[1])
