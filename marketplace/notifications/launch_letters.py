"""Letters about beginnings: to the sponsor, and to whoever asked to be told."""

from __future__ import annotations

from uuid import UUID

from marketplace.campaigns.events import CampaignApproved
from marketplace.campaigns.events.launching import CampaignLaunched, CampaignScheduled
from marketplace.campaigns.queries import launching as queries
from marketplace.campaigns.queries import one
from marketplace.campaigns.services import launching
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.notifications.batches import in_batches
from marketplace.notifications.campaign_letters import to_sponsor
from marketplace.web.locale import _l


def on_scheduled(event: CampaignScheduled) -> None:
    """Tell the sponsor that it is approved, and when it begins."""
    campaign = one.campaign(event.campaign_id)
    to_sponsor(
        "campaign_scheduled",
        event.campaign_id,
        launch=campaign.launch_at,
        announced=campaign.announced_at is not None,
    )


def on_launched(event: CampaignApproved | CampaignLaunched) -> None:
    """Tell everybody who asked that it has begun."""
    _tell_wishers(campaign_id=str(event.campaign_id))


@in_batches("letters.launches")
def _tell_wishers(*, campaign_id: str, after: UUID | None, limit: int) -> list[UUID]:
    campaign = one.campaign(UUID(campaign_id))
    batch = queries.to_tell(campaign.id, after=after, limit=limit)
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
    return batch
