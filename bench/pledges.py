"""Pledges a second into one campaign, through the whole path: page, checkout, bank, notice, held.

As `make run` runs it: the site with two workers, the simulator and one worker for jobs, each a
process of its own, all on these cores, with the database and the clients. Nothing is left out:
forms are checked, prices frozen, a checkout is opened at the bank, its notices are signed and
stored, and the ledger holds the money.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from uuid import UUID

import psycopg

from bench.backers import Client
from bench.backing import Backing, open_campaign
from bench.figures import Figure
from bench.lending import lay_foundations
from bench.place import ROOT, Place, site
from bench.processors import seconds_by_kind
from bench.scales import Scale
from marketplace.identity.services import sessions
from marketplace.infra.commands import command
from marketplace.kernel import clock
from marketplace.kernel.ids import PersonId, public_id
from marketplace.ledger import checks

PLEDGES: Final = 1_000
CLIENTS: Final = 8
SITE_WORKERS: Final = 2
A_SECOND: Final = 50.0
START_S_MAX: Final = 60.0
WAIT_S_MAX: Final = 300.0
_KINDS: Final = {"marketplace.simulator": "bank", "granian": "site", "jobs work": "jobs"}


def run(place: Place, scale: Scale) -> list[Figure]:
    """Let everybody pledge and pay; in the end all of it is held, and the books are in order."""
    count = 40 if scale.name == "smoke" else PLEDGES
    backing = Backing(0x100, count + CLIENTS)
    with ExitStack() as stack:
        connection = stack.enter_context(place.owner())
        with site(place):
            lay_foundations(connection)
            campaign_id = open_campaign(connection, backing)
            cookies = [f"kindling_session={token}" for token in _signed_in(connection, backing)]
        port = stack.enter_context(_whole_site(place))
        clients = _clients(port, campaign_id, cookies)
        _warm_up(clients, connection)
        before = seconds_by_kind(place.folder, _KINDS)
        seconds = _rush(clients, connection, CLIENTS + count)
        after = seconds_by_kind(place.folder, _KINDS)
        used = {kind: after[kind] - before.get(kind, 0.0) for kind in after}
    with site(place):
        _insist_on_order()
    return [_figure(count, seconds, used)]


def _figure(count: int, seconds: float, used: dict[str, float]) -> Figure:
    rate = count / seconds
    parts = ", ".join(f"{kind} {1000 * each / count:.1f}" for kind, each in sorted(used.items()))
    millis = 1000 * sum(used.values()) / count
    return Figure(
        name=f"{count:,} pledges into one campaign, paid and held",
        unit="pledges/s",
        ours=rate,
        yardstick="the bar",
        theirs=A_SECOND,
        ratio=rate / A_SECOND,
        floor=1.0,
        remark=f"{seconds:.1f} s; {millis:.1f} ms of processor each: {parts}",
    )


def _clients(port: int, campaign_id: UUID, cookies: Sequence[str]) -> list[Client]:
    page = f"/projects/{public_id('cmp', campaign_id)}/pledge/check?amount=25.01&currency=EUR"
    clients = [Client(n, port, page, cookies[n::CLIENTS]) for n in range(CLIENTS)]
    for client in clients:
        client.open_all()
    return clients


def _warm_up(clients: Sequence[Client], connection: psycopg.Connection[Any]) -> None:
    for client in clients:
        client.go_first()
    _wait_until_held(clients, connection, len(clients))
    connection.execute("VACUUM ANALYZE")


def _rush(clients: Sequence[Client], connection: psycopg.Connection[Any], count: int) -> float:
    """Return how long it takes from the first form to the last pledge that is held."""
    begun = time.perf_counter()
    for client in clients:
        client.start()
    _wait_until_held(clients, connection, count)
    return time.perf_counter() - begun


def _wait_until_held(
    clients: Sequence[Client], connection: psycopg.Connection[Any], count: int
) -> None:
    begun = time.perf_counter()
    while (held := _held(connection)) < count:
        if broken := [client.broke for client in clients if client.broke]:
            raise RuntimeError(f"a backer met trouble: {broken[0]}")
        if time.perf_counter() - begun > WAIT_S_MAX:
            raise RuntimeError(f"only {held} of {count} pledges are held")
        time.sleep(0.05)


def _held(connection: psycopg.Connection[Any]) -> int:
    return int(connection.execute("SELECT held_minor / 2501 FROM campaign_total").fetchall()[0][0])


@command
def _begin(people: Sequence[UUID]) -> list[str]:
    browser = sessions.Browser("127.0.0.1", "bench")
    return [sessions.begin(PersonId(each), browser, at=clock.wall()).token for each in people]


def _signed_in(connection: psycopg.Connection[Any], backing: Backing) -> list[str]:
    found = connection.execute(
        "SELECT bench_id(%s, n) FROM generate_series(1, %s) AS n",
        (backing.family + 1, backing.pledges),
    )
    return _begin([each for (each,) in found.fetchall()])


@contextmanager
def _whole_site(place: Place) -> Iterator[int]:
    """Run site, bank and jobs; yields the site's port."""
    port, bank = _free_port(), _free_port()
    environ = place.environ | {
        "SITE_URL": f"http://127.0.0.1:{port}",
        "SIMULATOR_URL": f"http://127.0.0.1:{bank}",
        "SIMULATOR_PORT": str(bank),
    }
    granian = [
        "granian",
        "--interface",
        "wsgi",
        "--workers",
        str(SITE_WORKERS),
        "--port",
        str(port),
    ]
    granian += ["--blocking-threads", "1", "--no-access-log", "--log-level", "error"]
    with (
        _running(["marketplace.simulator"], environ, bank),
        _running([*granian, "bench.served:app"], environ, port),
        _running(["flask", "--app", "wsgi", "jobs", "work"], environ, None),
    ):
        yield port


@contextmanager
def _running(words: Sequence[str], environ: dict[str, str], port: int | None) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", *words], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL
    )
    try:
        if port is not None:
            _wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S_MAX
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("a server does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _insist_on_order() -> None:
    broken = [found.name for found in checks.run(clock.now()) if not found.holds]
    if broken:
        raise RuntimeError(f"the books are not in order: {broken}")
