"""Pledges of a campaign that banks took back, as its sponsor sees them: no names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class DisputedPledge:
    """One disputed pledge, and what its sponsor was charged for it."""

    opened_at: datetime
    amount_minor: int
    currency: str
    state: str
    reason: str
    reward_title: str | None
    charged_minor: int

    @property
    def amount(self) -> Money:
        """What the bank took back."""
        return Money(self.amount_minor, self.currency)

    @property
    def charged(self) -> Money:
        """What of it the sponsor bears."""
        return Money(self.charged_minor, self.currency)


def of_campaign(campaign_id: UUID, limit: int = 50) -> list[DisputedPledge]:
    """Return the disputes about a campaign's pledges, the newest first."""
    return rows(
        """
        SELECT d.opened_at, d.amount_minor, d.currency, d.state, d.reason, p.reward_title,
            coalesce((SELECT sum(r.amount_minor) FROM escrow_recovery r
                WHERE r.dispute_id = d.id AND r.state = 'taken'
                    AND r.route IN ('sponsor', 'reversal')), 0)::bigint AS charged_minor
        FROM escrow_dispute d JOIN escrow_instruction i ON i.id = d.instruction_id
        JOIN pledge p ON p.id = i.subject_id
        WHERE p.campaign_id = %(campaign)s ORDER BY d.id DESC LIMIT %(limit)s
        """,
        {"campaign": campaign_id, "limit": limit},
        into=DisputedPledge,
    )
