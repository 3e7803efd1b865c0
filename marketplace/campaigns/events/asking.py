"""What is told of questions, wishes and late deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class SurveyAsked(Event):
    """A sponsor asks those who have something coming; the questions bear this moment."""

    campaign_id: UUID
    asked_at: datetime


@dataclass(frozen=True)
class UpdateWished(Event):
    """So many backers want to hear from a sponsor."""

    campaign_id: UUID
    count: int


@dataclass(frozen=True)
class DeliveryLate(Event):
    """The promised month has been over for so many days, and not everything is sent."""

    campaign_id: UUID
    promised_for: date
    days: int


@dataclass(frozen=True)
class StepsMoved(Event):
    """Steps of a timeline come in another month; the moves bear this moment."""

    campaign_id: UUID
    at: datetime
