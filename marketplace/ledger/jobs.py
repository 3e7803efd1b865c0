"""What the ledger does by the clock: end expired holds, fold checkpoints, prove itself."""

from __future__ import annotations

from marketplace.infra.commands import command
from marketplace.infra.jobs import job
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken
from marketplace.ledger import services


@job("ledger.sweep")
def sweep_job() -> None:
    """Every few minutes: void expired holds and move checkpoints on."""
    sweep()


@job("ledger.check", attempts=1)
def check_job() -> None:
    """Every few minutes: every invariant. A violation fails the job, and somebody looks."""
    broken = [finding for finding in services.prove(clock.now()) if not finding.holds]
    if broken:
        raise Broken("; ".join(f"{found.name}: {found.count}" for found in broken))


@command
def sweep() -> None:
    """Void expired holds and advance the checkpoints of append accounts."""
    services.void_expired(clock.now())
    services.advance_checkpoints()
