"""What settlement tells: announced in the transaction that makes it true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.infra.events import Event


@dataclass(frozen=True)
class HoldingAlarmed(Event):
    """Money must leave soon: the alarms raised at this moment say whose and by when."""

    raised_at: datetime


@dataclass(frozen=True)
class ReserveShort(Event):
    """Refunds that may be due soon need more than the house has with the provider."""

    currency: str
    need_minor: int
    have_minor: int
    first_deadline: datetime | None
    at: datetime
