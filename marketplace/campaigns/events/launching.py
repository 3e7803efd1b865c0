"""What is announced of approved campaigns that begin at their own hour."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class CampaignScheduled(Event):
    """A moderator approved it; it begins at its own hour."""

    campaign_id: UUID
    sponsor_id: UUID


@dataclass(frozen=True)
class CampaignLaunched(Event):
    """A scheduled campaign has begun: it takes pledges from now on."""

    campaign_id: UUID
    sponsor_id: UUID
