"""The tables of cases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra.database import Model

Key = Annotated[UUID, mapped_column(primary_key=True)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]


class Case(Model):
    """Something that a moderator has to decide."""

    __tablename__ = "moderation_case"

    id: Mapped[Key]
    kind: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    title: Mapped[str]
    priority: Mapped[int]
    state: Mapped[str]
    opened_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]


class Decision(Model):
    """One decision; undone, waiting for its effect, or in effect."""

    __tablename__ = "moderation_decision"

    id: Mapped[Key]
    case_id: Mapped[UUID]
    moderator_id: Mapped[UUID]
    outcome: Mapped[str]
    code: Mapped[str]
    words: Mapped[str]
    decided_at: Mapped[Moment]
    effective_at: Mapped[Moment]
    took_effect_at: Mapped[Moment | None]
    undone_at: Mapped[Moment | None]


class Report(Model):
    """What somebody thinks is wrong."""

    __tablename__ = "report"

    id: Mapped[Key]
    case_id: Mapped[UUID]
    reporter_id: Mapped[UUID | None]
    form_key: Mapped[str]
    code: Mapped[str]
    words: Mapped[str]
    at: Mapped[Moment]


class Appeal(Model):
    """An owner's word against a decision, and the case it is looked at in."""

    __tablename__ = "appeal"

    decision_id: Mapped[Key]
    appellant_id: Mapped[UUID]
    case_id: Mapped[UUID]
    words: Mapped[str]
    at: Mapped[Moment]
