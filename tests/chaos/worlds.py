"""Random worlds in which everything goes wrong at once: the bank has bad days, workers are killed.

People live their random lives in three currencies; the bank loses answers, repeats, reorders and
forges notices; workers are separate processes that die by -9 at named calls and at any moment.
In the end, when all is calm: ledger = provider to the cent, nothing twice, nothing dropped.
"""

from __future__ import annotations

import logging
import multiprocessing
import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from marketplace import wiring
from marketplace.escrow.jobs import mirror_job, sweep_job
from marketplace.infra import business_clock
from marketplace.infra.commands import command
from marketplace.infra.jobs import defer
from marketplace.settlement import jobs as settlement_jobs
from marketplace.simulator.app import create_app
from marketplace.simulator.faults import Chance, Fault
from tests.builders.escrow import World, a_world
from tests.builders.processes import served
from tests.chaos.acts import ACTS
from tests.chaos.ageing import grow_older
from tests.chaos.crash import SPOTS
from tests.chaos.gate import Gate
from tests.chaos.leaks import leaks
from tests.chaos.life import Life, begin
from tests.chaos.nursery import Nursery, a_nursery, kill
from tests.chaos.outcome import Outcome, say
from tests.chaos.place import Ground, a_site
from tests.chaos.proving import rows_of_jobs, untruths
from tests.chaos.scales import Scale

SIDE_BY_SIDE: Final = 4
KILL_SHARE: Final = 0.08
IDLE_S_MAX: Final = 4.0
CALM_S_MAX: Final = 90.0
CALM_DAYS_MAX: Final = 200
PERCENT: Final = {
    Fault.DROP_BEFORE: 2,
    Fault.BUSY: 3,
    Fault.BROKEN: 3,
    Fault.CONFLICT: 2,
    Fault.STICKY: 3,
    Fault.LOST_ANSWER: 4,
    Fault.DROP_AFTER: 4,
    Fault.TWICE: 20,
    Fault.DISORDER: 20,
    Fault.LOST_NOTICE: 8,
    Fault.FORGED: 5,
    Fault.STALE: 5,
}


@dataclass
class Lived:
    """What became of one world."""

    seed: int
    operations: int = 0
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)


class MovedClock:
    """The site's clock, of all its processes: it runs, and is moved ahead."""

    def advance(self, **step: float) -> None:
        """Move ahead."""
        seconds = int(timedelta(**step).total_seconds())
        if seconds > 0:
            business_clock.advance(seconds)


@dataclass
class WorkedLife(Life):
    """A life whose jobs are done by a worker in another process, while it lives."""

    gate: Gate | None = None
    nursery: Nursery | None = None
    log: Path = Path()
    worker: int = 0
    kills: int = 0

    def deliver(self) -> None:
        """The bank's notices arrive; the worker does what they cause."""
        self.world.teller.deliver_pending(self.world.receive)
        self.until_idle(IDLE_S_MAX)

    def pass_days(self, days: int = 1) -> None:
        """Let days pass; the timetable's rounds are asked for at once."""
        for _ in range(days):
            self.hand.advance(days=1)
            grow_older(timedelta(days=1), alive=True)
            _rounds()
            self.deliver()

    def until_idle(self, seconds: float) -> bool:
        """Wait until no job waits and none is being done; False if that takes too long."""
        until = time.monotonic() + seconds
        while any(status != "failed" for _name, status in rows_of_jobs()):
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def is_quiet(self) -> bool:
        """Whether nothing is under way and the worker has nothing to do."""
        self.until_idle(CALM_S_MAX)
        self.world.teller.deliver_pending(self.world.receive)
        return not self.is_under_way() and self.until_idle(CALM_S_MAX)

    def die_and_rise(self) -> None:
        """Kill the worker at a call or within a moment, and start another."""
        assert self.gate is not None
        assert self.nursery is not None
        if self.dice.random() < 0.5:
            self.gate.arm(self.dice.choice(SPOTS))
            _rounds()
            self.gate.held.wait(IDLE_S_MAX)
        else:
            _rounds()
            time.sleep(self.dice.uniform(0, 0.3))
        kill(self.worker)
        self.gate.give_up()
        grow_older(timedelta(minutes=2))  # the dead are found at once
        self.worker = self.nursery.bear(self.log)
        self.kills += 1


def run(ground: Ground, scale: Scale) -> Outcome:
    """Live in several worlds, a few side by side."""
    grounds = [
        Ground(ground.server_url, ground.folder, ground.seed + n) for n in range(scale.seeds)
    ]
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(SIDE_BY_SIDE, len(grounds)), mp_context=fresh) as pool:
        lived = list(pool.map(live, grounds, [scale.steps] * len(grounds)))
    faults = sum((each.faults for each in lived), Counter[str]())
    named = ", ".join(f"{n} {name}" for name, n in faults.most_common())
    return Outcome(
        "worlds",
        f"{len(lived)} worlds, {sum(each.operations for each in lived):,} operations in three"
        f" currencies, {sum(each.kills for each in lived)} workers killed with -9,"
        f" {faults.total():,} faults ({named})",
        f"{sum(len(each.troubles) for each in lived)} wrong",
        "ledger = provider to the cent, nothing twice, nothing dropped, all invariants",
        ground.seed,
        [f"seed {each.seed}: {trouble}" for each in lived for trouble in each.troubles],
    )


def live(ground: Ground, steps: int) -> Lived:
    """Live in one world (in a process of its own)."""
    logging.getLogger("marketplace").setLevel(logging.CRITICAL)
    lived, dice = Lived(ground.seed), ground.dice("worlds")
    with (
        ground.place() as place,
        a_site(place) as app,
        a_world(app, place.url, bad_days=True) as world,
    ):
        wiring.tell_everybody()
        gate = Gate(create_app(world.bank))
        with served(gate) as address, a_nursery(place.environ(address)) as nursery:
            log = place.folder / "worker.log"
            life = _begin(world, dice, gate, nursery, log)
            _bad_days(world, ground.seed)
            for number in range(1, steps + 1):
                life.live(ACTS)
                if dice.random() < KILL_SHARE or number == steps // 2:
                    life.die_and_rise()
                if number % 20 == 0:
                    say(f"worlds: seed {ground.seed}, {number} of {steps}, {life.kills} kills")
            lived.faults.update(_met(world))
            world.faults.good_day()
            life.until_quiet(CALM_DAYS_MAX)
            kill(life.worker)
            lived.troubles += [f"a worker's log holds {each}" for each in leaks(log.read_text())]
        world.work()
        lived.operations, lived.kills = life.operations, life.kills
        lived.troubles += [*life.broken, *untruths(world)]
    return lived


def _begin(
    world: World, dice: random.Random, gate: Gate, nursery: Nursery, log: Path
) -> WorkedLife:
    calm = begin(world, MovedClock(), dice)  # type: ignore[arg-type]  # it can be moved, no more
    return WorkedLife(
        world, calm.hand, dice, calm.folk, gate=gate, nursery=nursery, log=log,
        worker=nursery.bear(log),
    )  # fmt: skip


def _bad_days(world: World, seed: int) -> None:
    world.faults.choose_all(
        {fault: Chance(percent=percent) for fault, percent in PERCENT.items()}, seed=seed
    )


def _met(world: World) -> Counter[str]:
    return Counter(str(row["kind"]) for row in world.faults.done(1_000_000))


@command
def _rounds() -> None:
    """Each minute comes at once."""
    defer(sweep_job, key="escrow.sweep")
    defer(settlement_jobs.run, key="settlement.run")
    defer(mirror_job, key="escrow.mirror")
