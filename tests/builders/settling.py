"""Settlement runs for tests, and what follows from each."""

from __future__ import annotations

from marketplace.escrow.jobs import sweep
from marketplace.escrow.services import dispatching
from marketplace.kernel import clock
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.escrow import World


def settle(world: World) -> list[str]:
    """One settlement run, and all that follows from it; the kinds of its lines."""
    kinds = _run()
    dispatching.dispatch_due()
    world.deliver()
    return kinds


def settle_whole(world: World, hand: clock.Hand, *, days: float = 0) -> list[str]:
    """Let days pass, one settlement and everything that is on its way; the kinds of its lines."""
    hand.advance(days=days)
    kinds = _run()
    sweep()
    build.arrive(world, hand)
    return kinds


def _run() -> list[str]:
    report = runner.run(clock.now())
    return [line.kind for lines in report.values() for line in lines]
