"""The worker as a real process: its timetable runs, it stops when asked, and may be killed."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from marketplace import wiring
from marketplace.escrow.jobs import sweep, sweep_job
from marketplace.infra import jobs_stalled
from marketplace.infra.commands import command
from marketplace.infra.jobs import defer
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.settlement import runner
from marketplace.simulator.app import create_app
from tests.builders import campaigns
from tests.builders.books import prove
from tests.builders.escrow import World, a_checkout, a_top_up, known
from tests.builders.processes import a_worker, ask, served, wait_until
from tests.builders.simulator import KEY, SECRET

AMOUNT = Money.of("10.00", "EUR")
REFUNDS = 20

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Slowly:
    """The bank takes its time, so that there is a middle in which to die."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self.refunds = 0

    def __call__(self, environ: Any, start: Any) -> Any:
        answer = self._application(environ, start)
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == "/v1/refunds":
            self.refunds += 1
            time.sleep(0.05)
        return answer


@pytest.fixture
def bank(world: World) -> Slowly:
    return Slowly(create_app(world.bank))


@pytest.fixture
def environ(bank: Slowly, database_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    with served(bank) as address:
        yield {
            "DATABASE_URL": database_url,
            "DATA_DIR": str(tmp_path),
            "SIMULATOR_URL": address,
            "SIMULATOR_KEY": KEY,
            "SIMULATOR_WEBHOOK_SECRET": SECRET,
        }


def failed_jobs(url: str) -> list[Any]:
    return ask(url, "SELECT task_name, args FROM procrastinate_jobs WHERE status = 'failed'")


def fired(database_url: str) -> set[str]:
    """Return which tasks of the timetable were begun."""
    names = ask(database_url, "SELECT DISTINCT task_name FROM procrastinate_periodic_defers")
    return {name.removeprefix("timetable.") for (name,) in names}


def test_its_timetable_runs(
    world: World, environ: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    late = a_checkout(AMOUNT)  # long over on the machine's clock
    log = tmp_path / "worker.log"
    everybody = {"escrow.sweep", "settlement.run", "jobs.revive"}

    with a_worker(environ, log) as worker:
        wait_until(lambda: known(late).state == "expired", lambda: worker.said)
        wait_until(lambda: everybody <= fired(database_url), lambda: worker.said)
        assert worker.stop() == 0, worker.said
    assert failed_jobs(database_url) == []
    assert "Traceback" not in worker.said


def test_killed_in_the_middle_of_dispatching_it_refunds_everybody_once(
    world: World, bank: Slowly, environ: dict[str, str], tmp_path: Path, hand: clock.Hand
) -> None:
    database_url, log = environ["DATABASE_URL"], tmp_path / "worker.log"
    missed = _a_missed_campaign(world, hand)

    revived = 0
    for refunds in (3, 9, 15):
        with a_worker(environ, log) as worker:
            wait_until(partial(_so_far, bank, refunds), lambda: worker.said)
            worker.process.send_signal(signal.SIGKILL)
        _let_a_minute_pass(database_url)
        revived += jobs_stalled.revive()
    with a_worker(environ, log) as worker:
        wait_until(lambda: _unfinished(database_url) == [], lambda: worker.said)
        assert worker.stop() == 0, worker.said

    assert revived > 0
    hand.set(clock.wall())
    sweep()
    world.deliver()
    runner.run(clock.now())
    with world.bank.work() as work:
        made = work.row("SELECT count(*) AS n, sum(amount_minor) AS sum FROM simulator.refund")
    assert made == {"n": REFUNDS, "sum": REFUNDS * AMOUNT.minor}
    assert failed_jobs(database_url) == []
    assert campaigns.campaign(missed).state == "refunded"
    prove(world)


def _a_missed_campaign(world: World, hand: clock.Hand) -> UUID:
    """Every refund of it is planned and none is asked for."""
    wiring.tell_everybody()
    a_top_up(Money.of("500.00", "EUR"))
    missed = campaigns.a_live_campaign(goal=campaigns.euros(5000), days=10)
    for _ in range(REFUNDS):
        campaigns.pledged(world, missed, AMOUNT)
    hand.advance(days=11)
    runner.run(clock.now())
    return missed


def _so_far(bank: Slowly, refunds: int) -> bool:
    _sweep_soon()
    return bank.refunds >= refunds


@command
def _sweep_soon() -> None:
    """Each minute comes at once."""
    defer(sweep_job, key="escrow.sweep")


def _let_a_minute_pass(url: str) -> None:
    ask(
        url,
        """
        WITH a AS (UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'),
        b AS (UPDATE procrastinate_events SET at = at - interval '2 minutes'),
        c AS (UPDATE escrow_instruction SET lease_until = lease_until - interval '2 minutes')
        SELECT 1
        """,
    )


def _unfinished(url: str) -> list[Any]:
    _sweep_soon()
    return ask(
        url,
        "SELECT id, state FROM escrow_instruction WHERE kind = 'refund' AND finished_at IS NULL",
    )


def test_idle_it_stops_at_once(environ: dict[str, str], tmp_path: Path) -> None:
    with a_worker(environ, tmp_path / "worker.log") as worker:
        url = environ["DATABASE_URL"]
        wait_until(
            lambda: ask(url, "SELECT 1 FROM procrastinate_workers") != [], lambda: worker.said
        )
        started = time.monotonic()

        assert worker.stop() == 0, worker.said

    assert time.monotonic() - started < 10
    assert "Traceback" not in worker.said
