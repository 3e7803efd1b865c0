"""Bar 1: the worker is killed with -9, at named calls and at any moment, and started again.

No cent is lost, nothing happens twice, and what the dead had in hand is settled within a minute
of the restart.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from tests.chaos.gate import AFTER, BEFORE, Spot
from tests.chaos.lane import Lane, Point, live
from tests.chaos.outcome import Outcome, say
from tests.chaos.place import Ground
from tests.chaos.scales import Scale

SETTLED_S_MAX: Final = 60.0
DELAY_S_MAX: Final = 0.4

CALLS: Final = (
    ("POST", "/v1/refunds"),
    ("POST", "/v1/transfers"),
    ("POST", "/v1/checkouts"),
    ("POST", "/v1/topups"),
    ("GET", "/v1/movements"),
    ("GET", "/v1/operations"),
)
SPOTS: Final = tuple(Spot(*call, side) for side in (AFTER, BEFORE) for call in CALLS)


def run(ground: Ground, scale: Scale) -> Outcome:
    """Kill workers on several sites side by side."""
    points = _points(ground, scale.kills)
    lanes = [
        (ground, number, points[number :: scale.lanes], scale.waits)
        for number in range(scale.lanes)
    ]
    found = _side_by_side(lanes)
    waits = sorted(wait for lane in found for wait in lane.waits)
    troubles = [f"lane {n}: {line}" for n, lane in enumerate(found) for line in lane.troubles]
    longest = waits[-1] if waits else 0.0
    if scale.waits and longest > SETTLED_S_MAX:
        troubles.append(f"the slowest was settled after {longest:.1f} s")
    operations = sum(lane.operations for lane in found)
    kinds = Counter("parked" if point.spot else "random" for point in points)
    return Outcome(
        "crash",
        f"{len(waits)} workers killed with -9 ({kinds['parked']} parked at a call,"
        f" {kinds['random']} at random moments) over {operations:,} operations",
        f"{len(troubles)} wrong; settled {waits[len(waits) // 2]:.1f} s (median) and"
        f" {longest:.1f} s (at most) after the restart",
        f"0 cents lost, 0 double effects, settled <= {SETTLED_S_MAX:.0f} s"
        + ("" if scale.waits else " (hurried at this scale)"),
        ground.seed,
        troubles,
    )


def _points(ground: Ground, kills: int) -> list[Point]:
    """Half of the points at each spot in turn, half at random moments."""
    dice = ground.dice("crash")
    parked = [Point(SPOTS[n % len(SPOTS)]) for n in range(kills // 2)]
    random = [Point(None, dice.uniform(0, DELAY_S_MAX)) for _ in range(kills - len(parked))]
    return dice.sample([*parked, *random], kills)


def _side_by_side(lanes: Sequence[tuple[Ground, int, list[Point], bool]]) -> list[Lane]:
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(lanes), mp_context=fresh) as pool:
        waiting = [pool.submit(live, *lane) for lane in lanes]
        found = []
        for number, each in enumerate(waiting):
            found.append(each.result())
            say(f"crash: lane {number} done, waits {[round(w) for w in found[-1].waits]}")
        return found
