"""The rows of risk: what was asked, what was answered, what was made of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime, Text

from marketplace.infra.database import Model

_at = DateTime(timezone=True)


class RiskRequest(Model):
    """A question to both sources, kept with the facts of its moment. It waits till answered."""

    __tablename__ = "risk_request"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    facts_hash: Mapped[str] = mapped_column(CHAR(64))
    asked_by: Mapped[str]
    asked_by_id: Mapped[UUID | None]
    asked_at: Mapped[datetime] = mapped_column(_at)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(_at)
    trouble: Mapped[str | None]
    closed_at: Mapped[datetime | None] = mapped_column(_at)


class RiskAnswer(Model):
    """What one source sent, byte by byte; append-only. Its hash is made by the database."""

    __tablename__ = "risk_answer"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("risk_request.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str]
    raw: Mapped[bytes]
    readable: Mapped[bool]
    as_of: Mapped[date | None]
    received_at: Mapped[datetime] = mapped_column(_at)


class RiskReport(Model):
    """The score that decided at its time; append-only. `input` gives it again."""

    __tablename__ = "risk_report"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("risk_request.id"))
    subject_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int]
    input: Mapped[dict[str, Any]] = mapped_column(JSONB)
    outcome: Mapped[str]
    codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    points: Mapped[int]
    points_max: Mapped[int]
    grade: Mapped[str] = mapped_column(CHAR(1))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(_at)
