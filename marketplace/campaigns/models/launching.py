"""Who wants to be told when a campaign begins."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class LaunchWish(Model):
    """Somebody asked to be told; `told_at` once they were."""

    __tablename__ = "launch_wish"

    campaign_id: Mapped[Key]
    person_id: Mapped[Key]
    asked_at: Mapped[Moment]
    told_at: Mapped[Moment | None]
