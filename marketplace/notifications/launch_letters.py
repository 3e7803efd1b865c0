"""Letters about beginnings: to the sponsor, and to whoever asked to be told."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from marketplace.campaigns.events import CampaignApproved
from marketplace.campaigns.events.launching import CampaignLaunched, CampaignScheduled
from marketplace.campaigns.queries import launching as queries
from marketplace.campaigns.queries import one
from marketplace.campaigns.services import launching
from marketplace.infra.commands import command
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.web.locale import _l

_BATCH: Final = 200


def on_scheduled(event: CampaignScheduled) -> None:
    """Tell the sponsor that it is approved, and when it begins."""
    campaign = one.campaign(event.campaign_id)
    letters.send(
        campaign.sponsor_id,
        "campaign_scheduled",
        f"campaign_scheduled:{campaign.id}:{campaign.submitted_at}",
        action=f"/my/campaigns/{public_id('cmp', campaign.id)}",
        label=_l("Open your project"),
        title=campaign.title,
        launch=campaign.launch_at,
        announced=campaign.announced_at is not None,
    )


def on_launched(event: CampaignApproved | CampaignLaunched) -> None:
    """Tell everybody who asked that it has begun."""
    _queue(event.campaign_id)


@job("letters.launches")
def write_to_wishers(*, campaign_id: str, after: str | None) -> None:
    """Tell one batch of people, and queue the next batch."""
    campaign, start = one.campaign(UUID(campaign_id)), UUID(after) if after else None
    batch = queries.to_tell(campaign.id, after=start, limit=_BATCH)
    for person_id in batch:
        letters.send(
            person_id,
            "launch_told",
            f"launch_told:{campaign.id}:{person_id}",
            action=f"/projects/{public_id('cmp', campaign.id)}",
            label=_l("See the project"),
            title=campaign.title,
            deadline=campaign.deadline,
        )
    launching.note_told(campaign.id, batch, clock.now())
    if len(batch) == _BATCH:
        _queue(campaign.id, str(batch[-1]))


@command
def _queue(campaign_id: UUID, after: str | None = None) -> None:
    defer(write_to_wishers, campaign_id=str(campaign_id), after=after)
