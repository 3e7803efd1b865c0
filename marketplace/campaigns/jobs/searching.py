"""The timetable tells what people look for."""

from __future__ import annotations

from marketplace.campaigns.services import searching
from marketplace.infra.jobs import job
from marketplace.kernel import clock


@job("campaigns.searches", attempts=1)
def tell_searches() -> None:
    """Tell who keeps a search what has begun since yesterday."""
    while searching.tell(clock.now()):
        pass
