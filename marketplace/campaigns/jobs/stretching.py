"""What happens to stretch goals by the clock."""

from __future__ import annotations

from marketplace.campaigns.services import stretching
from marketplace.infra.jobs import job
from marketplace.kernel import clock


@job("campaigns.stretching")
def note_reached() -> None:
    """Each minute: the stretch goals that were reached since the last one."""
    stretching.note_reached(clock.now())
