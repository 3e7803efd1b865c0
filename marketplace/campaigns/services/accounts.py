"""Where the ledger keeps what belongs to a campaign."""

from __future__ import annotations

from uuid import UUID

from marketplace.infra.commands import step
from marketplace.ledger import services as ledger


@step
def escrow_account(campaign_id: UUID, currency: str) -> int:
    """Return the ledger account on which a campaign's pledges are held."""
    return ledger.account("escrow:campaign", currency, campaign_id)
