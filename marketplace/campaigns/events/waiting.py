"""What is told of the line before a reward."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class PlaceOffered(Event):
    """One came free and is kept for somebody in the line."""

    wait_id: UUID


@dataclass(frozen=True)
class PlaceLapsed(Event):
    """Somebody did not take in time what was kept for them; the next one has it."""

    wait_id: UUID
