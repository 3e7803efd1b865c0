"""The timetable tells what is late."""

from __future__ import annotations

from marketplace.campaigns.services import lateness
from marketplace.infra.jobs import job
from marketplace.kernel import clock


@job("campaigns.late", attempts=1)
def tell_late() -> None:
    """Tell sponsors and backers of promised months that are over."""
    lateness.tell_late(clock.now())
