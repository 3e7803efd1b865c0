"""What is announced of material changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class ChangeApproved(Event):
    """A change is in force; the backers it touches are asked whether they stay."""

    change_id: UUID
    campaign_id: UUID
    sponsor_id: UUID


@dataclass(frozen=True)
class ChangeRefused(Event):
    """A moderator did not let a change through, and said why."""

    change_id: UUID
    campaign_id: UUID
    sponsor_id: UUID


@dataclass(frozen=True)
class ChangeLapsed(Event):
    """A proposed change became impossible before it was decided."""

    change_id: UUID
    campaign_id: UUID
    sponsor_id: UUID


@dataclass(frozen=True)
class ReconfirmationReminded(Event):
    """A backer has not answered yet, and has a day left."""

    campaign_id: UUID
    pledge_id: UUID
    at: datetime


@dataclass(frozen=True)
class BackerLeft(Event):
    """A backer does not stay after a change: settlement gives the pledge back."""

    campaign_id: UUID
    pledge_id: UUID


@dataclass(frozen=True)
class PromiseNotKept(Event):
    """A promised pledge ended because its backer left after a change, or did not answer."""

    pledge_id: UUID
