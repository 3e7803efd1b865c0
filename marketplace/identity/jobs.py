"""Identity's own background work."""

from __future__ import annotations

from marketplace.identity.services import tidying
from marketplace.infra.jobs import job
from marketplace.kernel import clock


@job("identity.tidy")
def tidy() -> None:
    """Throw old guesses, ended sessions and answered requests away; once a night."""
    tidying.tidy(now=clock.now(), at=clock.wall())
