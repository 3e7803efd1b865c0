"""What sponsors ask their backers before they send."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class SurveyQuestion(Model):
    """One question. `reward_id` is whose backers are asked; None for all who have something coming.

    With `choices` one of them is the answer; without, a few words are.
    """

    __tablename__ = "survey_question"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    reward_id: Mapped[UUID | None]
    form_key: Mapped[str]
    title: Mapped[str]
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    is_required: Mapped[bool]
    written_at: Mapped[Moment]
    asked_at: Mapped[Moment | None]
