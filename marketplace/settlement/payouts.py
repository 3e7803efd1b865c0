"""Payouts to sponsors that the provider could not make, or that came back: asked again, patiently.

Such a transfer has given the money back to the sponsor's payable. The usual reason is a closed
account: the sponsor was told, and after half a day the provider is asked once more, ten times
in all. Then a finance officer finds it among the dead letters, and may have it tried again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.escrow import queries as escrow
from marketplace.escrow.states import State
from marketplace.infra.commands import command
from marketplace.infra.database import column
from marketplace.kernel.ids import public_id
from marketplace.ledger import queries as ledger_queries
from marketplace.settlement import releasing
from marketplace.settlement.lines import Line

RETRY_AFTER: Final = timedelta(hours=12)
ATTEMPTS_MAX: Final = 10
BATCH: Final = 500
_OVER: Final = {State.FAILED, State.RETURNED, State.EXPIRED}  # expired: called off meanwhile

_FAILED: Final = """
    SELECT c.id FROM campaign c JOIN escrow_instruction i ON i.id = c.release_id
    WHERE c.state = 'funded' AND c.suspended_at IS NULL
      AND i.state IN ('failed', 'returned', 'expired')
      AND coalesce(i.returned_at, i.finished_at) <= %(before)s AND i.sequence < %(most)s
    ORDER BY i.finished_at, c.id LIMIT %(limit)s
"""


def repeat_failed_payouts(now: datetime) -> list[Line]:
    """Plan the next try of every payout that failed long enough ago."""
    facts = {"before": now - RETRY_AFTER, "most": ATTEMPTS_MAX, "limit": BATCH}
    return [line for found in column(_FAILED, facts) for line in repeat_payout(found)]


@command
def repeat_payout(campaign_id: UUID) -> list[Line]:
    """Plan the next try of a payout, if the last one failed."""
    campaign = lock_campaign(campaign_id)
    if campaign.state != CampaignState.FUNDED or campaign.release_id is None:
        return []
    if campaign.suspended_at is not None:
        return []
    last = escrow.instruction(campaign.release_id)
    if last.state not in _OVER:
        return []  # somebody else has planned the next try meanwhile
    # A chargeback may have taken a part of it since.
    net = ledger_queries.balance(last.account_id).available
    if not net.is_positive:
        return []
    campaign.release_id = releasing.plan_payout(campaign, net, sequence=last.sequence + 1)
    ref = public_id("cmp", campaign.id)
    return [Line("campaign.payout", ref, campaign.sponsor_id, net, f"try {last.sequence + 1}")]
