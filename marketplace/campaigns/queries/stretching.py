"""Stretch goals as pages and letters read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class StretchRow:
    """One stretch goal, and since when it is reached."""

    amount_minor: int
    currency: str
    title: str
    text: str
    reached_at: datetime | None

    @property
    def amount(self) -> Money:
        """How much it takes."""
        return Money(self.amount_minor, self.currency)


def of_campaign(campaign_id: UUID) -> list[StretchRow]:
    """Return a campaign's stretch goals, the nearest first."""
    sql = """
        SELECT s.amount_minor, c.currency, s.title, s.text, s.reached_at
        FROM stretch_goal s JOIN campaign c ON c.id = s.campaign_id
        WHERE s.campaign_id = %s ORDER BY s.position
    """
    return rows(sql, (campaign_id,), into=StretchRow)
