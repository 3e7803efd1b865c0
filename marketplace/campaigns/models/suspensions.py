"""What stands against a campaign whose money may not move."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class Suspension(Model):
    """One suspension of a campaign, with who began it, who wants it ended and who agreed."""

    __tablename__ = "suspension"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    state: Mapped[str]
    code: Mapped[str]
    words: Mapped[str]
    suspended_by: Mapped[UUID]
    suspended_at: Mapped[Moment]
    end_words: Mapped[str | None]
    proposed_by: Mapped[UUID | None]
    proposed_at: Mapped[Moment | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[Moment | None]
    decision_words: Mapped[str] = mapped_column(default="")
