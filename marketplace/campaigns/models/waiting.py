"""Who waits for a reward that is all taken."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class RewardWait(Model):
    """One person's place in the line before one reward."""

    __tablename__ = "reward_wait"

    id: Mapped[Key]
    reward_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    person_id: Mapped[UUID]
    state: Mapped[str]
    joined_at: Mapped[Moment]
    offered_at: Mapped[Moment | None]
    offer_until: Mapped[Moment | None]
    pledge_id: Mapped[UUID | None] = mapped_column(default=None)
    ended_at: Mapped[Moment | None]
