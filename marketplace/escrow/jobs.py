"""What escrow does by the clock. The jobs that answer to something are beside what they do."""

from __future__ import annotations

from marketplace.escrow.reconcile import reconcile
from marketplace.escrow.services import dispatching, inbox, mirroring
from marketplace.infra.jobs import job


@job("escrow.sweep")
def sweep_job() -> None:
    """Each minute: whatever a lost process, answer or notice has left lying."""
    sweep()


@job("escrow.mirror")
def mirror_job() -> None:
    """Every few minutes: the provider's statement."""
    mirroring.mirror()


@job("escrow.reconcile")
def reconcile_job() -> None:
    """Each hour: the proof."""
    reconcile()


def sweep() -> None:
    """Work the inbox, end what came too late, call what is due, read back what is silent."""
    inbox.work_inbox()
    dispatching.expire_unsent()
    dispatching.dispatch_due()
    dispatching.recover()
