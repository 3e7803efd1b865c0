"""What escrow does by the clock. The jobs that answer to something are beside what they do."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from marketplace.escrow import queries
from marketplace.escrow.reconcile import reconcile
from marketplace.escrow.services import answering, dispatching, disputing, inbox, mirroring
from marketplace.infra.jobs import job
from marketplace.kernel import clock

# A new site, and one whose clock was moved, need not wait for the hour.
PROOF_AGE_MAX: Final = timedelta(hours=1)


@job("escrow.sweep")
def sweep_job() -> None:
    """Each minute: whatever a lost process, answer or notice has left lying."""
    sweep()


@job("escrow.recover")
def recover_job() -> None:
    """Every few seconds: calls whose caller has died, and whatever else nobody answered."""
    dispatching.recover()


@job("escrow.mirror")
def mirror_job() -> None:
    """Every few minutes: the provider's statement, and the proof where the last is too old."""
    mirroring.mirror()
    proved_at = queries.proof().proved_at
    if proved_at is None or clock.now() - proved_at > PROOF_AGE_MAX:
        reconcile()


@job("escrow.reconcile")
def reconcile_job() -> None:
    """Each hour: the proof."""
    reconcile()


def sweep() -> None:
    """Work the inbox, end what came too late, call what is due, read back what is silent.

    All of it, even if one part breaks.
    """
    parts = (
        inbox.work_inbox,
        dispatching.expire_unsent,
        dispatching.dispatch_due,
        dispatching.recover,
        answering.send_waiting,
        disputing.look_again,
    )
    dispatching.each(lambda part: part(), parts)
