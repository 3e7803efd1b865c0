"""Pages a second, as a share of a bare Flask page's in the same run.

Both are served by granian with two workers, at the same time on two ports, and asked in turn.
The load comes from wrk (Debian package `wrk`), one thread, 16 connections, on the same cores.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from bench.backers import Address, with_given
from bench.figures import Figure, alternate
from bench.place import ROOT, Place, site
from bench.scales import Scale
from bench.servers import free_port, granian, running
from bench.sessions import cookies
from marketplace.identity import queries as identity
from marketplace.kernel.ids import PersonId

CONNECTIONS: Final = 16
PUBLIC_FLOOR: Final = 0.5
SIGNED_IN_FLOOR: Final = 0.05
BACKER: Final = "backer@demo.example"


def run(place: Place, scale: Scale) -> list[Figure]:
    """Live the demo world, then ask for its pages."""
    if shutil.which("wrk") is None:
        raise SystemExit("bench pages needs wrk: apt-get install wrk")
    _flask(place.environ, "demo", "load")
    with place.owner() as connection:
        connection.execute("VACUUM ANALYZE")
    with site(place):
        (cookie,) = cookies([_backer()])
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
    _status, headers, _body = Address(0).ask(port, "GET", "/account", cookie)
    return with_given(cookie, headers)


def _name(path: str, cookie: str) -> str:
    who = "somebody signed in, uncached" if cookie else "a visitor"
    return f"{re.sub(r'/(cmp|ln)_[0-9a-z]+', '/…', path)} for {who}"


def _floor(cookie: str) -> float:
    return SIGNED_IN_FLOOR if cookie else PUBLIC_FLOOR


def _first(port: int, path: str, pattern: str) -> str:
    _status, _headers, body = Address(0).ask(port, "GET", path, "")
    found = re.search(pattern, body)
    if found is None:
        raise RuntimeError(f"{path} lists nothing")
    return found[1]


def _backer() -> PersonId:
    person = identity.by_email(BACKER)
    if person is None:
        raise RuntimeError(f"the demo world has no {BACKER}")
    return person.id


def _flask(environ: Mapping[str, str], *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT, env=dict(environ), check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


@contextmanager
def _served(target: str, environ: Mapping[str, str]) -> Iterator[int]:
    port = free_port()
    with running(granian(target, port), environ, port):
        yield port


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
