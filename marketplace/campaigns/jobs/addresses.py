"""The timetable forgets where people live."""

from __future__ import annotations

from marketplace.campaigns.services import addressing
from marketplace.infra.jobs import job
from marketplace.kernel import clock


@job("campaigns.addresses", attempts=1)
def forget_addresses() -> None:
    """Forget where people live once nothing has to be sent there any more."""
    addressing.forget_addresses(clock.now())
