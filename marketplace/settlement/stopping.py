"""Suspended campaigns that two people have ended: everything goes back to the backers.

Before the decision every paid pledge goes back out of the escrow, and nobody is charged any more.
After it, as long as the sponsor was not paid, the release is undone as a whole, our fee with it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.services import stopping, suspending
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.states import UNDECIDED, CampaignState
from marketplace.escrow.services import dispatching
from marketplace.infra.commands import command, rehearsing
from marketplace.infra.database import column
from marketplace.settlement import deciding, giving_back, releasing
from marketplace.settlement.deciding import line
from marketplace.settlement.lines import Line

_ENDED: Final = """
    SELECT c.id FROM campaign c JOIN suspension s ON s.campaign_id = c.id AND s.state = 'stopped'
    WHERE c.suspended_at IS NOT NULL ORDER BY s.decided_at, c.id
"""
_OPEN: Final = """
    SELECT i.id FROM pledge p JOIN escrow_instruction i
        ON i.purpose = 'pledge' AND i.subject_id = p.id AND i.kind IN ('checkout', 'setup')
    WHERE p.campaign_id = %s AND p.state IN ('awaiting_payment', 'declined')
      AND i.state IN ('planned', 'sent')
    ORDER BY i.id
"""
_UNSENT: Final = """
    SELECT i.id FROM pledge p JOIN escrow_instruction i ON i.id = p.charge_id
    WHERE p.campaign_id = %s AND p.state = 'charging' AND i.state = 'planned' ORDER BY i.id
"""


def stop_ended_campaigns(now: datetime) -> list[Line]:
    """End every campaign that two people have ended and whose money is not on its way yet.

    One whose books do not add up stays frozen and is named; the others go on.
    """
    return deciding.take_each(column(_ENDED), lambda found: stop_campaign(found, now))


def stop_campaign(campaign_id: UUID, now: datetime) -> list[Line]:
    """Give everything of one ended campaign back; safe to repeat, nothing goes back twice."""
    if not rehearsing():
        shut_pages(campaign_id)
        for charge_id in column(_UNSENT, (campaign_id,)):
            dispatching.withdraw(charge_id)
    if campaign_id not in column(_ENDED):
        return []
    return _stop(campaign_id, now) + _undo(campaign_id, now)


def shut_pages(campaign_id: UUID) -> None:
    """Close the pages on which somebody may just be paying; what is paid meanwhile stays paid."""
    for page_id in column(_OPEN, (campaign_id,)):
        dispatching.withdraw(page_id)


@command
def _stop(campaign_id: UUID, now: datetime) -> list[Line]:
    campaign = lock_campaign(campaign_id)
    if campaign.suspended_at is None or CampaignState(campaign.state) not in UNDECIDED:
        return []
    ids = stopping.stop(campaign, now)
    account = escrow_account(campaign.id, campaign.currency or "")
    refunds = deciding.give_back(ids, account, reason="stopped")
    suspending.end(campaign)
    note = f"two people ended it; {len(ids)} pledges go back"
    return [line("campaign.ended", campaign_id, note=note), *refunds]


def _undo(campaign_id: UUID, now: datetime) -> list[Line]:
    """Take a release back that has not reached its sponsor; wait while the provider may be paying.

    A sponsor who was paid meanwhile keeps that; what is held back goes back all the same, and the
    suspension is over either way.
    """
    if not _is_funded(campaign_id) or releasing.has_moved_on(campaign_id):
        lines = giving_back.return_held_parts(campaign_id, now, reason="stopped")
        return lines + _finish(campaign_id)
    lines = giving_back.undo_release(campaign_id, now, reason="stopped")
    return lines if _is_funded(campaign_id) else lines + _finish(campaign_id)


def _is_funded(campaign_id: UUID) -> bool:
    return column("SELECT state FROM campaign WHERE id = %s", (campaign_id,)) == ["funded"]


@command
def _finish(campaign_id: UUID) -> list[Line]:
    campaign = lock_campaign(campaign_id)
    if campaign.suspended_at is None:
        return []
    suspending.end(campaign)
    return [line("campaign.ended", campaign_id, note="two people ended it")]
