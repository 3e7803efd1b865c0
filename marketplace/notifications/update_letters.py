"""Letters about news, and to those who follow a campaign or its sponsor."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from marketplace.campaigns.events import CampaignApproved, CampaignFunded, UpdatePosted
from marketplace.campaigns.events.launching import CampaignLaunched
from marketplace.campaigns.queries import one, updates
from marketplace.community.queries import following
from marketplace.infra.commands import command
from marketplace.infra.html import words
from marketplace.infra.jobs import defer, job
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.web.locale import _l

_BATCH: Final = 200
_EXCERPT_LENGTH: Final = 600


def on_update(event: UpdatePosted) -> None:
    """Send the news to the backers it is for, and to followers what everybody may read."""
    _queue_update(event.update_id)
    found = updates.update(event.update_id)
    if found.is_public:
        facts = {"headline": found.title, "excerpt": _excerpt(found)}
        _queue_followers("followed_update", "campaign", found.campaign_id, found.campaign_id, facts)


def on_funded(event: CampaignFunded) -> None:
    """Tell followers that it was funded."""
    _queue_followers("followed_funded", "campaign", event.campaign_id, event.campaign_id, {})


def on_live(event: CampaignApproved | CampaignLaunched) -> None:
    """Tell those who follow the sponsor that the next one has begun."""
    if one.campaign(event.campaign_id).is_public:
        _queue_followers("followed_launch", "sponsor", event.sponsor_id, event.campaign_id, {})


@job("letters.update")
def write_update(*, update_id: str, after: str | None) -> None:
    """Send one batch of backers an update, and queue the next batch."""
    found = updates.update(UUID(update_id))
    campaign = one.campaign(found.campaign_id)
    batch = updates.recipients(found, after=UUID(after) if after else None, limit=_BATCH)
    for person_id in batch:
        letters.send(
            person_id,
            "update_posted",
            f"update_posted:{found.id}:{person_id}",
            action=f"/projects/{public_id('cmp', campaign.id)}/updates",
            label=_l("See the project"),
            title=campaign.title,
            headline=found.title,
            excerpt=_excerpt(found),
        )
    if len(batch) == _BATCH:
        _queue_update(found.id, str(batch[-1]))


@job("letters.followers")
def write_to_followers(
    *,
    letter: str,
    subject_type: str,
    subject_id: str,
    campaign_id: str,
    facts: dict[str, str],
    after: str | None,
) -> None:
    """Send one batch of followers a letter, and queue the next batch."""
    campaign, start = one.campaign(UUID(campaign_id)), UUID(after) if after else None
    batch = following.followers(subject_type, UUID(subject_id), after=start, limit=_BATCH)
    for person_id in batch:
        letters.send(
            person_id,
            letter,
            f"{letter}:{campaign.id}:{person_id}:{facts.get('headline', '')}",
            action=f"/projects/{public_id('cmp', campaign.id)}",
            label=_l("See the project"),
            title=campaign.title,
            **facts,
        )
    if len(batch) == _BATCH:
        ids = (UUID(subject_id), campaign.id)
        _queue_followers(letter, subject_type, *ids, facts, after=str(batch[-1]))


@command
def _queue_update(update_id: UUID, after: str | None = None) -> None:
    defer(write_update, update_id=str(update_id), after=after)


@command
def _queue_followers(
    letter: str,
    subject_type: str,
    subject_id: UUID,
    campaign_id: UUID,
    facts: dict[str, Any],
    *,
    after: str | None = None,
) -> None:
    defer(
        write_to_followers,
        letter=letter,
        subject_type=subject_type,
        subject_id=str(subject_id),
        campaign_id=str(campaign_id),
        facts=facts,
        after=after,
    )


def _excerpt(found: updates.UpdateRow) -> str:
    return words(found.body_html)[:_EXCERPT_LENGTH]
