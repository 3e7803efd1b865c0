"""Where the ledger keeps what belongs to a campaign."""

from __future__ import annotations

from uuid import UUID

from marketplace.infra.commands import step
from marketplace.ledger import services as ledger


@step
def escrow_account(campaign_id: UUID, currency: str) -> int:
    """Return the ledger account on which a campaign's pledges are held."""
    return ledger.account("escrow:campaign", currency, campaign_id)


@step
def holdback_account(campaign_id: UUID, currency: str) -> int:
    """Return the account of what is held back of a funded campaign."""
    return ledger.account("holdback:campaign", currency, campaign_id)


@step
def payable_account(campaign_id: UUID, currency: str) -> int:
    """Return the account of what a campaign's sponsor is to be paid."""
    return ledger.account("sponsor:payable", currency, campaign_id)
