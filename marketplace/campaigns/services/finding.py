"""What a campaign is found by."""

from __future__ import annotations

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.search import lexemes
from marketplace.infra import html
from marketplace.infra.commands import step
from marketplace.infra.database import execute


@step
def make_findable(campaign: Campaign) -> None:
    """Write down the words by which the campaign is found."""
    text = f"{campaign.title} {campaign.tagline} {campaign.category} "
    found = lexemes(text + html.words(campaign.story_html))
    execute("UPDATE campaign SET search = campaign_lexemes(%s) WHERE id = %s", (found, campaign.id))
