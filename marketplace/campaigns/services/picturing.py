"""The pictures of a draft: the first one is the cover until another is chosen."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries import one
from marketplace.campaigns.services.saving import lock_draft
from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.media import queries as pictures
from marketplace.media import services as media


@command
def add_picture(
    actor: Actor,
    campaign_id: UUID,
    kept: media.Kept,
    *,
    alt: str,
    focus: tuple[int, int],
    now: datetime,
) -> UUID:
    """Add a prepared picture to the draft and return its id.

    A picture that stands there already is not added again: it is the same form, sent twice.
    """
    campaign = lock_draft(campaign_id, actor, now)
    known = one.picture_ids(campaign_id)
    if (same := _same(known, kept)) is not None:
        return same
    if len(known) >= rules.PICTURES_MAX:
        raise Refusal("campaign_pictures_full", "picture", most=rules.PICTURES_MAX)
    picture_id = media.add(actor.known(), kept, alt=alt, focus=focus, now=now)
    execute(
        """
        INSERT INTO campaign_picture (campaign_id, picture_id, position)
        SELECT %(campaign)s, %(picture)s, coalesce(max(position), 0) + 1
        FROM campaign_picture WHERE campaign_id = %(campaign)s
        """,
        {"campaign": campaign_id, "picture": picture_id},
    )
    if campaign.cover_id is None:
        campaign.cover_id = picture_id
    return picture_id


@command
def describe_picture(
    actor: Actor,
    campaign_id: UUID,
    picture_id: UUID,
    *,
    alt: str,
    focus: tuple[int, int],
    now: datetime,
) -> None:
    """Change what the picture says and where it may be cropped."""
    _known(lock_draft(campaign_id, actor, now), picture_id)
    media.describe(picture_id, actor.known(), alt=alt, focus=focus)


@command
def choose_cover(actor: Actor, campaign_id: UUID, picture_id: UUID, now: datetime) -> None:
    """Make one of the draft's pictures its cover."""
    campaign = lock_draft(campaign_id, actor, now)
    _known(campaign, picture_id)
    campaign.cover_id = picture_id


@command
def remove_picture(actor: Actor, campaign_id: UUID, picture_id: UUID, now: datetime) -> None:
    """Take a picture off the draft; the next one becomes the cover if it was the cover.

    One that the story shows has to be taken out of it first.
    """
    campaign = lock_draft(campaign_id, actor, now)
    _known(campaign, picture_id)
    if pictures.pictures([picture_id])[picture_id].src_large in campaign.story_html:
        raise Refusal("picture_in_story")
    execute(
        "DELETE FROM campaign_picture WHERE campaign_id = %s AND picture_id = %s",
        (campaign_id, picture_id),
    )
    execute(
        "UPDATE reward SET picture_id = NULL WHERE campaign_id = %s AND picture_id = %s",
        (campaign_id, picture_id),
    )
    if campaign.cover_id == picture_id:
        rest = one.picture_ids(campaign_id)
        campaign.cover_id = rest[0] if rest else None


def _same(known: list[UUID], kept: media.Kept) -> UUID | None:
    standing = pictures.pictures(known).values()
    return next((found.id for found in standing if found.key_large == kept.keys[-1]), None)


def _known(campaign: Campaign, picture_id: UUID) -> None:
    if picture_id not in one.picture_ids(campaign.id):
        raise NotFound(str(picture_id))
