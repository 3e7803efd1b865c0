"""What is announced of suspensions."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class CampaignSuspended(Event):
    """Nothing of a campaign's money moves until it is lifted or ended."""

    campaign_id: UUID
    sponsor_id: UUID
    suspension_id: UUID


@dataclass(frozen=True)
class SuspensionLifted(Event):
    """A campaign goes on where it stood."""

    campaign_id: UUID
    sponsor_id: UUID
    suspension_id: UUID


@dataclass(frozen=True)
class EndAgreed(Event):
    """Two people decided that a suspended campaign ends: settlement gives everything back."""

    campaign_id: UUID


@dataclass(frozen=True)
class CampaignStopped(Event):
    """A suspended campaign has ended; what was paid is on its way back."""

    campaign_id: UUID
    sponsor_id: UUID
    suspension_id: UUID
