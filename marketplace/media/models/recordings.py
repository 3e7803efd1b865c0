"""What is played, and what is read or kept: the tables of large private files."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra.database import Model


class Recording(Model):
    """A film or a piece of sound that browsers play, with what is said in it."""

    __tablename__ = "recording"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    kind: Mapped[str]
    title: Mapped[str]
    key: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    captions: Mapped[str] = mapped_column(default="")
    captions_language: Mapped[str] = mapped_column(default="")
    transcript: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class DigitalFile(Model):
    """A book or an archive, to be saved as it is; `listing` names what an archive holds."""

    __tablename__ = "digital_file"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    key: Mapped[str]
    title: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    listing: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
