"""Going back to a version of a draft: what was written then is written again, as a new version."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries import versions
from marketplace.campaigns.services.drafting import set_story
from marketplace.campaigns.services.explaining import set_budget, set_faq, set_timeline
from marketplace.campaigns.services.saving import saving
from marketplace.infra.commands import command
from marketplace.kernel.actors import Actor
from marketplace.kernel.money import Money


@command
def go_back(actor: Actor, campaign_id: UUID, number: int, now: datetime) -> None:
    """Write a draft again as it was in a version; what stands there now stays as one of its own.

    A budget in a currency that the campaign no longer has is left where it is.
    """
    with saving(actor, campaign_id, "story", now) as draft:
        campaign = draft.campaign
        then = versions.version(campaign_id, number)
        campaign.title, campaign.tagline, campaign.category, campaign.language = then["basics"]
        set_story(campaign, then["story"])
        campaign.risks = then["risks"]
        set_timeline(
            campaign_id,
            [(title, date.fromisoformat(f"{month}-01")) for month, title in then["timeline"]],
        )
        set_faq(campaign_id, then["faq"])
        _budget(campaign, [(title, Money(minor, code)) for title, minor, code in then["budget"]])


def _budget(campaign: Campaign, lines: list[tuple[str, Money]]) -> None:
    if all(amount.currency == campaign.currency for _title, amount in lines):
        set_budget(campaign.id, lines)
