"""How many notices were turned away at the door. What they said is not kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.infra.database import rows


@dataclass(frozen=True, slots=True)
class Forgeries:
    """How many came for one reason, and when the last one did."""

    provider: str
    reason: str
    count: int
    last_at: datetime


def of_last_day(now: datetime) -> list[Forgeries]:
    """Return what was turned away within a day, most first."""
    return rows(
        """
        SELECT provider, reason, sum(count)::int AS count, max(last_at) AS last_at
        FROM escrow_forgery WHERE last_at > %s GROUP BY provider, reason
        ORDER BY count DESC, provider, reason
        """,
        (now - timedelta(days=1),),
        into=Forgeries,
    )
