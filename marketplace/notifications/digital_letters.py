"""Letters about what can be played and saved."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from marketplace.campaigns.events import CampaignFunded
from marketplace.campaigns.events.digital import RewardFileAdded
from marketplace.campaigns.queries import library, one
from marketplace.infra.commands import command
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.notifications import letters
from marketplace.web.locale import _l

_BATCH: Final = 200


def on_added(event: RewardFileAdded) -> None:
    """Tell those who have the reward already that there is something new in their library."""
    _queue(event.campaign_id)


def on_funded(event: CampaignFunded) -> None:
    """Tell backers what is in their library from now on."""
    _queue(event.campaign_id)


@job("letters.library")
def write_about_library(*, campaign_id: str, on: str, after: str | None) -> None:
    """Send one batch of backers the letter, once a day, and queue the next batch."""
    campaign = one.campaign(UUID(campaign_id))
    batch = library.holders(campaign.id, after=UUID(after) if after else None, limit=_BATCH)
    for person_id in batch:
        letters.send(
            person_id,
            "library_ready",
            f"library:{campaign.id}:{person_id}:{on}",
            action="/my/library",
            label=_l("Open your library"),
            title=campaign.title,
        )
    if len(batch) == _BATCH:
        _queue(campaign.id, on, str(batch[-1]))


@command
def _queue(campaign_id: UUID, on: str = "", after: str | None = None) -> None:
    day = on or clock.now().date().isoformat()
    defer(write_about_library, campaign_id=str(campaign_id), on=day, after=after)
