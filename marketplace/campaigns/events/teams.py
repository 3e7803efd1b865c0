"""What is announced of the people who work on a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class MemberInvited(Event):
    """Somebody is asked to work on a campaign."""

    invitation_id: UUID


@dataclass(frozen=True)
class MemberJoined(Event):
    """An invitation was accepted."""

    invitation_id: UUID
    person_id: UUID


@dataclass(frozen=True)
class MemberRemoved(Event):
    """Somebody works on a campaign no longer; `by_sponsor` unless they left."""

    campaign_id: UUID
    person_id: UUID
    by_sponsor: bool
    at: datetime
