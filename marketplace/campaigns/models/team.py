"""Who works on a campaign beside its sponsor."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class CampaignMember(Model):
    """A person with some of the sponsor's rights; in force once accepted and until removed."""

    __tablename__ = "campaign_member"

    campaign_id: Mapped[Key]
    person_id: Mapped[Key]
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text))
    invited_by: Mapped[UUID]
    invited_at: Mapped[Moment]
    accepted_at: Mapped[Moment | None]
    removed_at: Mapped[Moment | None]


class CampaignInvitation(Model):
    """An offer to work on a campaign, to whoever has this address confirmed."""

    __tablename__ = "campaign_invitation"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    email: Mapped[str]
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text))
    invited_by: Mapped[UUID]
    invited_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    accepted_at: Mapped[Moment | None]
    withdrawn_at: Mapped[Moment | None]
