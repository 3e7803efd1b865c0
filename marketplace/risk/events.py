"""What risk tells the floors above."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class RiskReported(Event):
    """Both sources have answered and a score was made of it."""

    subject_id: UUID
    request_id: UUID
    report_id: UUID
