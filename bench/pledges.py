"""Pledges a second into one campaign, through the whole path: page, checkout, bank, notice, held.

As `make run` runs it: the site with two workers, the simulator and one worker for jobs, each a
process of its own, all on these cores, with the database and the clients. Nothing is left out on
the way of the money: the last page is composed and read, its form checked, the price frozen, a
checkout opened at the bank, its page read, its notices signed and stored, and the ledger holds the
money. What comes after that, the way back to the pledge's page and the receipt, is not waited for.
"""

from __future__ import annotations

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
from bench.place import Place, insist_on_order, site
from bench.processors import seconds_by_kind
from bench.scales import Scale
from bench.servers import free_port, granian, running
from bench.sessions import cookies
from marketplace.kernel.ids import PersonId, public_id

PLEDGES: Final = 1_000
CLIENTS: Final = 8
A_SECOND: Final = 50.0
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
            sessions = cookies(_people(connection, backing))
        port = stack.enter_context(_whole_site(place))
        clients = _clients(port, campaign_id, sessions)
        _warm_up(clients, connection)
        before = seconds_by_kind(place.folder, _KINDS)
        seconds = _rush(clients, connection, CLIENTS + count)
        after = seconds_by_kind(place.folder, _KINDS)
        used = {kind: after[kind] - before.get(kind, 0.0) for kind in after}
    with site(place):
        insist_on_order()
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


def _clients(port: int, campaign_id: UUID, sessions: Sequence[str]) -> list[Client]:
    page = f"/projects/{public_id('cmp', campaign_id)}/pledge/check?amount=25.01&currency=EUR"
    return [Client(n, port, page, sessions[n::CLIENTS]) for n in range(CLIENTS)]


def _warm_up(clients: Sequence[Client], connection: psycopg.Connection[Any]) -> None:
    for client in clients:
        client.go_first()
    _wait_until_held(clients, connection, len(clients))
    connection.execute("VACUUM ANALYZE")


def _rush(clients: Sequence[Client], connection: psycopg.Connection[Any], count: int) -> float:
    """Return how long it takes from the first page to the last pledge that is held."""
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


def _people(connection: psycopg.Connection[Any], backing: Backing) -> list[PersonId]:
    found = connection.execute(
        "SELECT bench_id(%s, n) FROM generate_series(1, %s) AS n",
        (backing.family + 1, backing.pledges),
    )
    return [PersonId(each) for (each,) in found.fetchall()]


@contextmanager
def _whole_site(place: Place) -> Iterator[int]:
    """Run site, bank and jobs; yields the site's port."""
    port, bank = free_port(), free_port()
    environ = place.environ | {
        "SITE_URL": f"http://127.0.0.1:{port}",
        "SIMULATOR_URL": f"http://127.0.0.1:{bank}",
        "SIMULATOR_PORT": str(bank),
    }
    with (
        running(["marketplace.simulator"], environ, bank),
        running(granian("bench.served:app", port), environ, port),
        running(["flask", "--app", "wsgi", "jobs", "work"], environ),
    ):
        yield port
