"""What is worked out beforehand, so that finding stays quick."""

from __future__ import annotations

from marketplace.discovery.services import trending
from marketplace.infra.jobs import job
from marketplace.kernel import clock


@job("discovery.trends", attempts=1)
def score() -> None:
    """Work out the trends; the next quarter of an hour does it again."""
    trending.score(clock.now())
