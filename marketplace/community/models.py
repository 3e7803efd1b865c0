"""The tables of comments and follows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra.database import Model


class Comment(Model):
    """A comment, a question or a reply. Its words never change; a moderator can hide it."""

    __tablename__ = "comment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    parent_id: Mapped[UUID | None]
    author_id: Mapped[UUID]
    kind: Mapped[str]
    form_key: Mapped[str]
    body: Mapped[str]
    by_owner: Mapped[bool]
    posted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    hidden_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    hidden_by: Mapped[UUID | None]
    hidden_code: Mapped[str | None]


class Follow(Model):
    """A person wants to hear what happens with a campaign, or with a sponsor."""

    __tablename__ = "follow"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_type: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
