"""What a sponsor was paid of all campaigns, payout by payout, and what banks took back of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money

LIMIT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Payout:
    """One payout: what was released since the one before, our fee of it, and what arrived.

    `state` is the instruction's; None where nothing was left to pay. What did not arrive is in a
    later payout again, so that what arrived adds up and what was tried does not.
    """

    campaign_id: UUID
    title: str
    number: int
    gross_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    planned_at: datetime
    state: str | None
    asked_minor: int
    reversed_minor: int
    finished_at: datetime | None

    @property
    def has_arrived(self) -> bool:
        """Whether the provider has paid it."""
        return self.state == "succeeded"

    @property
    def paid(self) -> Money:
        """What the sponsor has of it."""
        minor = self.asked_minor - self.reversed_minor if self.has_arrived else 0
        return Money(minor, self.currency)

    def money(self, minor: int) -> Money:
        """Return `minor` in the payout's currency."""
        return Money(minor, self.currency)


# A campaign that is paid whole has no rows of its own for its one payout.
_PAYOUTS: Final = """
    SELECT c.id AS campaign_id, c.title, k.number, k.gross_minor, k.fee_minor, k.net_minor,
        k.currency, k.planned_at, i.state, coalesce(i.amount_minor, 0) AS asked_minor,
        coalesce(back.minor, 0)::bigint AS reversed_minor, i.finished_at
    FROM (
        SELECT campaign_id, number, gross_minor, fee_minor, net_minor, currency, planned_at,
            instruction_id, kind = 'first' AS is_first
        FROM campaign_payout
        UNION ALL
        SELECT id, 1, fee_minor + net_minor, fee_minor, net_minor, currency, decided_at, NULL, true
        FROM campaign WHERE net_minor IS NOT NULL
            AND NOT EXISTS (SELECT FROM campaign_payout WHERE campaign_id = campaign.id)
    ) k JOIN campaign c ON c.id = k.campaign_id AND c.state IN ('funded', 'paid_out')
    LEFT JOIN escrow_instruction i
        ON i.id = CASE WHEN k.is_first THEN c.release_id ELSE k.instruction_id END
    LEFT JOIN LATERAL (
        SELECT sum(r.amount_minor) AS minor FROM escrow_instruction r
        WHERE r.of_id = i.id AND r.kind = 'reversal' AND r.state = 'succeeded'
    ) back ON true
    WHERE c.sponsor_id = %(sponsor)s
        AND (%(campaign)s::uuid IS NULL OR c.id = %(campaign)s)
    ORDER BY k.planned_at DESC, c.id DESC, k.number DESC LIMIT %(limit)s
"""


def of_sponsor(sponsor_id: UUID, campaign_id: UUID | None = None) -> list[Payout]:
    """Return the sponsor's payouts, the latest first; of one campaign only, where it is named."""
    facts = {"sponsor": sponsor_id, "campaign": campaign_id, "limit": LIMIT}
    return rows(_PAYOUTS, facts, into=Payout)
