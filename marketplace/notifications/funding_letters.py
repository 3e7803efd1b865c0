"""Letters about the rule a campaign is judged by: its second round, and late pledges."""

from __future__ import annotations

from marketplace.campaigns import events
from marketplace.campaigns.queries import one, stretching
from marketplace.kernel.money import Money
from marketplace.notifications.campaign_letters import to_all_backers, to_sponsor


def on_went_on(event: events.CampaignWentOn) -> None:
    """Tell the sponsor and every backer that the minimum is reached and the campaign goes on."""
    campaign = one.campaign(event.campaign_id)
    to_sponsor(
        "campaign_went_on",
        event.campaign_id,
        pledged=Money(event.pledged_minor, event.currency),
        optimum=campaign.money(campaign.optimum_minor),
        deadline=campaign.deadline,
    )
    later = "yes" if campaign.is_later else ""
    to_all_backers("campaign_went_on_backer", event.campaign_id, {"later": later})


def on_stretch(event: events.StretchGoalReached) -> None:
    """Tell the sponsor that a stretch goal is reached; not of one that was taken out since."""
    goals = dict(enumerate(stretching.of_campaign(event.campaign_id), start=1))
    if (found := goals.get(event.position)) is not None:
        to_sponsor(
            "stretch_reached",
            event.campaign_id,
            turn=str(found.amount_minor),
            goal=found.title,
            amount=found.amount,
        )


def on_late_released(event: events.LatePledgesReleased) -> None:
    """Tell the sponsor that a day's late pledges are released."""
    to_sponsor(
        "late_released",
        event.campaign_id,
        turn=str(event.first_id),
        gross=Money(event.gross_minor, event.currency),
        pledges=event.pledges,
    )
