"""What a sponsor writes beside the story. Versions are written by SQL alone."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class BudgetLine(Model):
    """What a part of the goal is for."""

    __tablename__ = "budget_line"

    campaign_id: Mapped[Key]
    position: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]


class TimelineStep(Model):
    """What will be reached in a month, given by its first day."""

    __tablename__ = "timeline_step"

    campaign_id: Mapped[Key]
    position: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date]
    title: Mapped[str]
    promised_month: Mapped[date | None]  # at the launch, if it has moved since
    moved_at: Mapped[Moment | None]
    done_at: Mapped[Moment | None]


class FaqEntry(Model):
    """A question that is asked often, and its answer."""

    __tablename__ = "faq_entry"

    campaign_id: Mapped[Key]
    position: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str]
    answer: Mapped[str]
    added_at: Mapped[Moment | None]  # since the launch, as is the next one
    changed_at: Mapped[Moment | None]
    question_id: Mapped[UUID | None]  # the comments it was taken from
    answer_id: Mapped[UUID | None]


class ToldChange(Model):
    """One change of an answer or a step since the launch; never changed itself."""

    __tablename__ = "told_change"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    position: Mapped[int]
    act: Mapped[str]
    before: Mapped[list[str]] = mapped_column(JSONB)
    after: Mapped[list[str]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[Moment]
    said_by: Mapped[UUID]


class CampaignRecording(Model):
    """The film or the sound at the top of a campaign's page."""

    __tablename__ = "campaign_recording"

    campaign_id: Mapped[Key]
    recording_id: Mapped[UUID]
    added_at: Mapped[Moment]
