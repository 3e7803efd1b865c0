"""Asking for a decision, and taking the question back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.events import CampaignSubmitted
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries import moderation, one
from marketplace.campaigns.rules.languages import count_words
from marketplace.campaigns.rules.launching import is_coming
from marketplace.campaigns.services.drafting import longest_first_round
from marketplace.campaigns.services.moving import lock_own_campaign, move_campaign
from marketplace.campaigns.services.release_plan import insist_on_plan
from marketplace.campaigns.states import CampaignState
from marketplace.infra import html
from marketplace.infra.commands import command
from marketplace.infra.database import scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.moderation.services.opening import drop_case, open_case


@command
def submit(
    actor: Actor, campaign_id: UUID, *, fee_bps_shown: int, agreed: bool, now: datetime
) -> None:
    """Send the draft to the moderators; the fee the sponsor was shown is frozen on it.

    Refuses an incomplete draft with everything that is missing, and a fee that changed after
    the page was loaded. While it waits for its decision, submitting again changes nothing.
    """
    campaign = lock_own_campaign(campaign_id, actor)
    if campaign.state == CampaignState.IN_REVIEW:
        return
    found = rules.submission_refusals(facts_of(campaign), now)
    if not agreed:
        found.append(Refusal("terms_not_agreed", "agreed"))
    fee_bps = one.fee_bps_at(now)
    if fee_bps != fee_bps_shown:
        found.append(Refusal("fee_changed"))
    refuse_if(found)
    insist_on_plan(campaign)
    campaign.fee_bps = fee_bps
    campaign.submitted_at = campaign.changed_at = now
    campaign.return_reason = None
    move_campaign(campaign, "submit", by={"owner"}, actor=actor, at=now)
    open_case(
        "submission",
        "campaign",
        campaign.id,
        owner_id=campaign.sponsor_id,
        title=campaign.title,
        now=now,
    )
    announce(CampaignSubmitted(campaign.id, campaign.sponsor_id))


@command
def withdraw(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """Take a submitted campaign back to the drafting table; nobody sees it coming any more."""
    campaign = lock_own_campaign(campaign_id, actor)
    if is_coming(campaign.state, campaign.announced_at):
        campaign.gone_at = now
    move_campaign(campaign, "withdraw", by={"owner"}, actor=actor, at=now)
    drop_case("submission", "campaign", campaign.id, now)


def facts_of(campaign: Campaign | one.CampaignRow) -> rules.DraftFacts:
    """Return what the draft holds so far."""
    goal = campaign.goal if campaign.goal_minor is not None else None
    count = scalar("SELECT count(*) FROM reward WHERE campaign_id = %s", (campaign.id,))
    return rules.DraftFacts(
        title=campaign.title,
        tagline=campaign.tagline,
        category=campaign.category,
        story_words=count_words(html.words(campaign.story_html)),
        risks=campaign.risks,
        goal=goal,
        deadline=campaign.deadline,
        has_cover=campaign.cover_id is not None,
        rewards=int(count),
        launch_at=campaign.launch_at,
        longest=longest_first_round(campaign),
        texts=moderation.seen(campaign.id),
    )
