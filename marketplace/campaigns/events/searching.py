"""What is told of searches that people keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class SearchMatched(Event):
    """Projects that somebody looks for have begun since then."""

    search_id: UUID
    since: datetime
