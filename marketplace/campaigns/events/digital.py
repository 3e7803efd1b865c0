"""What digital rewards announce."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class RewardFileAdded(Event):
    """A sponsor put a file to a reward; whoever has the reward has it now."""

    file_id: UUID
    campaign_id: UUID
    reward_id: UUID
