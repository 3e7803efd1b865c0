"""Moving the lines before rewards on."""

from __future__ import annotations

from marketplace.campaigns.services import waiting
from marketplace.infra.jobs import job
from marketplace.kernel import clock


@job("campaigns.offers")
def move_lines() -> None:
    """Give back what was not taken in time, then keep what is free for who is next."""
    while waiting.lapse(clock.now()):
        pass
    while waiting.offer(clock.now()):
        pass
