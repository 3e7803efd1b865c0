"""The timetable's way into settlement, and the quick path after a payment came in."""

from __future__ import annotations

from marketplace.infra.commands import command
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.loans.events import PaymentReceived
from marketplace.settlement import distribution, reserving, runner


@job("settlement.due", attempts=1)
def run() -> None:
    """Do everything that is due; the next minute does it again."""
    runner.run(clock.now())


@job("settlement.distribute")
def distribute() -> None:
    """Share the payments that came in since the last time."""
    distribution.distribute_receipts(clock.now())


@job("settlement.reserve")
def watch_reserve() -> None:
    """Each morning: whether refunds that may come soon can be paid."""
    reserving.watch(clock.now())


def distribute_soon(event: PaymentReceived) -> None:
    """Share a payment at once, many payments together, instead of at the next run."""
    del event
    _queue()


@command
def _queue() -> None:
    defer(distribute, key="settlement.distribute")
