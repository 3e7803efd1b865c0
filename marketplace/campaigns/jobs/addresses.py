"""The timetable forgets where people live and what they were asked."""

from __future__ import annotations

from marketplace.campaigns.services import addressing, surveying
from marketplace.infra.jobs import job
from marketplace.kernel import clock


@job("campaigns.addresses", attempts=1)
def forget_addresses() -> None:
    """Forget what was only needed to send, once nothing has to be sent any more."""
    addressing.forget_addresses(clock.now())
    surveying.forget_answers(clock.now())
