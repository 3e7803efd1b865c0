"""The table of pictures."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra.database import Model


class Picture(Model):
    """One picture and the keys of its three widths."""

    __tablename__ = "picture"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    alt: Mapped[str]
    focus_x: Mapped[int]
    focus_y: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    key_small: Mapped[str]
    key_medium: Mapped[str]
    key_large: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
