"""Letters about news, and to those who follow a campaign or its sponsor."""

from __future__ import annotations

from uuid import UUID

from marketplace.campaigns.events import CampaignApproved, CampaignFunded, UpdatePosted
from marketplace.campaigns.events.launching import CampaignLaunched
from marketplace.campaigns.queries import one, updates
from marketplace.community.queries import following
from marketplace.infra.html import words
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.notifications.batches import in_batches
from marketplace.web.locale import _l


def on_update(event: UpdatePosted) -> None:
    """Send the news to the backers it is for, and to followers what everybody may read."""
    _send_update(update_id=str(event.update_id))
    found = updates.update(event.update_id)
    if found.is_public:
        facts = {"headline": found.title, "excerpt": _excerpt(found)}
        _tell_followers("followed_update", "campaign", found.campaign_id, found.campaign_id, facts)


def on_funded(event: CampaignFunded) -> None:
    """Tell followers that it was funded."""
    _tell_followers("followed_funded", "campaign", event.campaign_id, event.campaign_id, {})


def on_live(event: CampaignApproved | CampaignLaunched) -> None:
    """Tell those who follow the sponsor that the next one has begun."""
    if one.campaign(event.campaign_id).is_public:
        _tell_followers("followed_launch", "sponsor", event.sponsor_id, event.campaign_id, {})


@in_batches("letters.update")
def _send_update(*, update_id: str, after: UUID | None, limit: int) -> list[UUID]:
    found = updates.update(UUID(update_id))
    campaign = one.campaign(found.campaign_id)
    batch = updates.recipients(found, after=after, limit=limit)
    for person_id in batch:
        letters.send(
            person_id,
            "update_posted",
            f"update_posted:{found.id}:{person_id}",
            action=f"/projects/{public_id('cmp', campaign.id)}/updates",
            label=_l("Read it on the site"),
            title=campaign.title,
            headline=found.title,
            excerpt=_excerpt(found),
        )
    return batch


@in_batches("letters.followers")
def _write_to_followers(
    *,
    letter: str,
    subject_type: str,
    subject_id: str,
    campaign_id: str,
    facts: dict[str, str],
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    campaign = one.campaign(UUID(campaign_id))
    batch = following.followers(subject_type, UUID(subject_id), after=after, limit=limit)
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
    return batch


def _tell_followers(
    letter: str, subject_type: str, subject_id: UUID, campaign_id: UUID, facts: dict[str, str]
) -> None:
    _write_to_followers(
        letter=letter,
        subject_type=subject_type,
        subject_id=str(subject_id),
        campaign_id=str(campaign_id),
        facts=facts,
    )


def _excerpt(found: updates.UpdateRow) -> str:
    return letters.excerpt(words(found.body_html))
