"""One site whose workers are killed again and again: what `crash` has several of, side by side."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow.jobs import mirror_job
from marketplace.escrow.services import dispatching, mirroring
from marketplace.infra import business_clock
from marketplace.infra.commands import command
from marketplace.infra.database import column, db, scalar
from marketplace.infra.jobs import defer
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import InstructionId
from marketplace.loans.services import wallet
from marketplace.simulator.app import create_app
from tests.builders import campaigns, loans
from tests.builders.campaigns import a_market
from tests.builders.escrow import World, a_top_up, plan_top_up
from tests.builders.identity import an_actor
from tests.builders.processes import served
from tests.chaos.ageing import grow_older
from tests.chaos.gate import BEFORE, Gate, Spot
from tests.chaos.leaks import leaks
from tests.chaos.nursery import Nursery, a_nursery, kill
from tests.chaos.outcome import say
from tests.chaos.place import Ground, a_site
from tests.chaos.proving import untruths

DAY: Final = 86_400
MINUTE: Final = timedelta(minutes=1)
SETTLED_S_MAX: Final = 180.0
PARKED_S_MAX: Final = 90.0
AT_ONCE: Final = 3  # operations given before each kill

# Nothing is under way but pages on which people have still to pay.
_UNSETTLED: Final = """
    SELECT kind || ' ' || state FROM escrow_instruction
    WHERE finished_at IS NULL AND NOT (kind = 'checkout' AND state = 'sent'
        AND provider_ref IS NOT NULL)
    UNION ALL SELECT 'notice ' || kind FROM escrow_delivery WHERE state = 'stored'
    UNION ALL SELECT 'job ' || task_name || ' ' || status FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND task_name NOT LIKE 'timetable.%'
        AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp())
"""


@dataclass(frozen=True, slots=True)
class Point:
    """When a worker dies: at a spot, or `delay_s` after it was given something to do."""

    spot: Spot | None
    delay_s: float = 0.0


@dataclass
class Lane:
    """What became of one site: how long each restart took to settle, and what was wrong."""

    waits: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    operations: int = 0


@dataclass
class _Town:
    """Whom the operations are about."""

    backer: Actor
    lender: Actor
    campaign: UUID
    pledges: list[UUID]


def live(ground: Ground, number: int, points: Sequence[Point], waits: bool) -> Lane:  # noqa: FBT001 - a pool passes arguments by position
    """Live through all `points` on a site of one's own (in a process of one's own).

    Unless it `waits`, what a dead worker leaves is made to look old, so that it is found at once.
    """
    logging.getLogger("marketplace").setLevel(logging.CRITICAL)
    dice, lane = ground.dice("lane", number), Lane()
    with (
        ground.place() as place,
        a_site(place) as app,
        a_market(app, place.url) as world,
    ):
        gate = Gate(create_app(world.bank))
        with served(gate) as address, a_nursery(place.environ(address)) as nursery:
            town = _settle_in(world, len(points))
            run = _Run(world, gate, nursery, place.folder, town, dice, lane, waits)
            run.through(points)
        _pay_what_is_open(world)
        lane.troubles += untruths(world)
        said = (place.folder / "worker.log").read_text()
        lane.troubles += [f"a worker's log holds {each}" for each in leaks(said)]
    return lane


@dataclass
class _Run:
    world: World
    gate: Gate
    nursery: Nursery
    folder: Path
    town: _Town
    dice: random.Random
    lane: Lane
    waits: bool

    def through(self, points: Sequence[Point]) -> None:
        worker = self._bear()
        for number, point in enumerate(points):
            self._settled(f"before point {number}")
            worker = self._die_and_rise(point, worker)
            restarted = time.monotonic()
            if not self.waits:
                grow_older(MINUTE)
            self._settled(f"after point {number} ({point.spot or 'random'})")
            self.lane.waits.append(time.monotonic() - restarted)
            say(f"crash: {point.spot or 'random'}: {self.lane.waits[-1]:.1f} s")
        kill(worker)

    def _die_and_rise(self, point: Point, worker: int) -> int:
        if point.spot is not None and point.spot.path == "/v1/operations":
            # Reading back happens after a death: die at the call, then die again reading it back.
            worker = self._killed_at(Spot("POST", "/v1/refunds", BEFORE), worker)
            if not self.waits:
                grow_older(MINUTE)
        if point.spot is not None:
            return self._killed_at(point.spot, worker)
        death = threading.Timer(point.delay_s, kill, [worker])
        death.start()
        self._give()  # meanwhile the worker is at it
        death.join()
        return self._bear()

    def _killed_at(self, spot: Spot, worker: int) -> int:
        self.gate.arm(spot)
        if spot.path != "/v1/operations":
            self._give(first=spot.path)
        if not self.gate.held.wait(PARKED_S_MAX):
            self.lane.troubles.append(f"nobody came to {spot}")
        kill(worker)
        self.gate.give_up()
        return self._bear()

    def _bear(self) -> int:
        return self.nursery.bear(self.folder / "worker.log")

    def _give(self, first: str = "") -> None:
        kinds = ([first] if first else []) + self.dice.choices(list(_ACTS), k=AT_ONCE)
        for kind in kinds[:AT_ONCE]:
            _ACTS[kind](self.world, self.town)
            self.lane.operations += 1

    def _settled(self, when: str) -> None:
        until = time.monotonic() + SETTLED_S_MAX
        while left := _unsettled():
            if time.monotonic() > until:
                self.lane.troubles.append(f"{when}: not settled: {left}")
                return
            self.world.teller.deliver_pending(self.world.receive)
            threading.Event().wait(0.1)


def _settle_in(world: World, points: int) -> _Town:
    """Pledges to take back and a wallet to empty, all of it available at the bank."""
    backer, lender = an_actor("Backer Bo"), an_actor("Lena Lender")
    campaign = campaigns.a_live_campaign(goal=campaigns.euros(500_000), days=50)
    a_top_up(campaigns.euros(2_000))
    loans.onboard(world, lender)
    loans.topped_up(world, lender, "5000")
    number = (points + 1) * (AT_ONCE + 1)
    pledges = [
        campaigns.pledged(world, campaign, f"{10 + n % 9}", backer=backer) for n in range(number)
    ]
    business_clock.advance(3 * DAY)
    clock_is_read_again()
    mirroring.mirror()
    world.work()
    return _Town(backer, lender, campaign, pledges)


def clock_is_read_again() -> None:
    """Wait until every process must have seen that the business clock was moved."""
    time.sleep(1.1)


def _take_back(_world: World, town: _Town) -> None:
    cancel_pledge(town.backer, town.pledges.pop(), clock.now())


def _withdraw(_world: World, town: _Town) -> None:
    amount = campaigns.euros(10)
    wallet.withdraw(town.lender, amount=amount, form_key=campaigns.form_key(), now=clock.now())


def _pledge(_world: World, town: _Town) -> None:
    _wake(campaigns.place(town.campaign, "12", backer=town.backer).checkout_id)


def _pay(world: World, town: _Town) -> None:
    """Somebody pays a page that is open, or a new one; the notice is on its way."""
    placed = campaigns.place(town.campaign, "13", backer=town.backer)
    dispatching.dispatch(placed.checkout_id)
    world.pay(placed.checkout_id)
    world.teller.deliver_pending(world.receive)


def _put_in(_world: World, _town: _Town) -> None:
    _wake(plan_top_up(campaigns.euros(7)))


def _read_statement(_world: World, _town: _Town) -> None:
    _mirror_soon()


_ACTS: Final[dict[str, Callable[[World, _Town], None]]] = {
    "/v1/refunds": _take_back,
    "/v1/transfers": _withdraw,
    "/v1/checkouts": _pledge,
    "/v1/topups": _put_in,
    "/v1/movements": _read_statement,
    "notice": _pay,
}


@command
def _wake(instruction_id: InstructionId) -> None:
    dispatching.wake(instruction_id)


@command
def _mirror_soon() -> None:
    defer(mirror_job)


def _unsettled() -> list[str]:
    found: list[str] = column(_UNSETTLED)
    db.session.rollback()
    return found


def _pay_what_is_open(world: World) -> None:
    """In the end nobody is still on a page."""
    for ref in column(
        "SELECT provider_ref FROM escrow_instruction WHERE kind = 'checkout' AND state = 'sent'"
    ):
        world.teller.pay(ref)
    db.session.rollback()
    while scalar("SELECT count(*) FROM escrow_instruction WHERE finished_at IS NULL"):
        db.session.rollback()
        world.deliver()
    db.session.rollback()
    world.deliver()
