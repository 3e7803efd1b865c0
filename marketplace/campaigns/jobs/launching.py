"""Beginning what is due to begin."""

from __future__ import annotations

from marketplace.campaigns.services import launching
from marketplace.infra.jobs import job
from marketplace.kernel import clock


@job("campaigns.launches")
def launch() -> None:
    """Let every campaign begin whose hour has come."""
    launching.launch_due(clock.now())
