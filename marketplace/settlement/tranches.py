"""Payouts after the first: what was released of what had been held back, once a day at most.

A tranche that could not be paid is payable again, and goes with the next one a day later. What
is still payable on its last day goes to the sponsor's wallet, whose own watch sends it on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.services import tranches
from marketplace.campaigns.services.accounts import payable_account
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.escrow.services.calling_off import call_off
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, scalar
from marketplace.kernel.ids import new_id, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.settlement import releasing
from marketplace.settlement.lines import Line

EVERY: Final = timedelta(days=1)
BATCH: Final = 500

_DUE: Final = """
    SELECT c.id FROM campaign c
    JOIN ledger_account a ON a.kind = 'sponsor:payable' AND a.owner_id = c.id
    JOIN ledger_balance b ON b.account_id = a.id
        AND b.credits_posted > b.debits_posted + b.debits_pending
    JOIN LATERAL (SELECT max(planned_at) AS planned_at, count(*) FILTER (
            WHERE ended_at IS NULL) AS open FROM campaign_payout WHERE campaign_id = c.id) last
        ON last.planned_at <= %(before)s AND last.open = 0
    WHERE c.suspended_at IS NULL
        AND (c.state = 'paid_out' OR (c.state = 'funded' AND c.release_id IS NULL))
    ORDER BY c.id LIMIT %(limit)s
"""


def pay_due(now: datetime) -> list[Line]:
    """Plan a tranche for every campaign of which something is payable and nothing under way."""
    facts = {"before": now - EVERY, "limit": BATCH}
    return [line for found in column(_DUE, facts) for line in pay(found, now)]


@command
def pay(campaign_id: UUID, now: datetime) -> list[Line]:
    """Plan to pay the sponsor all that is payable, unless a payout is under way."""
    campaign = lock_campaign(campaign_id)
    if campaign.suspended_at is not None or not releasing.is_paid(campaign):
        return []
    return plan(campaign, now)


@command
def pay_again(payout_id: UUID, now: datetime) -> list[Line]:
    """Plan the next tranche at once, instead of one that failed."""
    found = scalar("SELECT campaign_id FROM campaign_payout WHERE id = %s", (payout_id,))
    campaign = lock_campaign(found)
    return plan(campaign, now) if campaign.suspended_at is None else []


@step
def plan(campaign: Campaign, now: datetime) -> list[Line]:
    """Plan one tranche of everything that is payable and not on its way."""
    net = _payable(campaign)
    if not net.is_positive or tranches.open_tranche(campaign.id) is not None:
        return []
    payout_id = new_id()
    planned = releasing.plan_payout(campaign, net, purpose=tranches.PURPOSE, subject_id=payout_id)
    tranches.note_tranche(payout_id, campaign, net, planned, now)
    ref = public_id("cmp", campaign.id)
    return [Line("campaign.tranche", ref, campaign.sponsor_id, net, "released since the last one")]


@step
def strand(campaign: Campaign, now: datetime) -> list[Line]:
    """Put what could not be paid out in time in the sponsor's wallet."""
    ref, net = public_id("cmp", campaign.id), _payable(campaign)
    free = tranches.call_off_open(campaign, now, reason="held_too_long")
    if campaign.state == CampaignState.FUNDED and campaign.release_id is not None:
        free = free and call_off(campaign.release_id, reason="held_too_long", now=now)
    if not free:
        waits = "the provider may be paying it just now"
        return [Line("holding.waits", ref, campaign.sponsor_id, net, waits)]
    net = _payable(campaign)
    if not net.is_positive:
        return []
    source = payable_account(campaign.id, net.currency)
    wallet = ledger.account("person:wallet", net.currency, campaign.sponsor_id)
    ledger.post(
        f"settlement.payable_to_wallet:{new_id()}",
        [Move(source, wallet, net, "stranded")],
        cause=f"campaign:{campaign.id}",
        actor=releasing.ACTOR,
        happened_at=now,
    )
    return [Line("holding.to_wallet", ref, campaign.sponsor_id, net, "it could not be paid out")]


def _payable(campaign: Campaign) -> Money:
    account = payable_account(campaign.id, campaign.currency or "")
    return ledger_queries.balance(account).available
