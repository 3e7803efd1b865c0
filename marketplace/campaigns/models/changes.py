"""What a sponsor wants to change of what was promised, and what each backer says to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class MaterialChange(Model):
    """One proposed change; `before` and `after` hold only the parts that differ."""

    __tablename__ = "material_change"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[Moment]
    reason: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)
    is_wording: Mapped[bool]
    state: Mapped[str]
    moderator_id: Mapped[UUID | None]
    decided_at: Mapped[Moment | None]
    words: Mapped[str] = mapped_column(default="")
    reconfirm_until: Mapped[Moment | None]


class Reconfirmation(Model):
    """One backer who is asked whether to stay; `answer` is None while there is none."""

    __tablename__ = "reconfirmation"

    change_id: Mapped[Key]
    pledge_id: Mapped[Key]
    campaign_id: Mapped[UUID]
    asked_at: Mapped[Moment]
    answer: Mapped[str | None]
    answered_at: Mapped[Moment | None]
    reminded_at: Mapped[Moment | None]
