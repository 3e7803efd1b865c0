"""What a sponsor who is paid in parts was paid, payout by payout.

Rows and their end; settlement decides when one is due, and plans it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.events import CampaignPayoutFailed
from marketplace.campaigns.events.parts import TranchePaid
from marketplace.campaigns.fees import Payout
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.payouts import CampaignPayout
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.escrow import queries as escrow
from marketplace.escrow.services.calling_off import call_off
from marketplace.escrow.states import State
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, flush, scalar
from marketplace.infra.events import announce
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import InstructionId, new_id
from marketplace.kernel.money import Money
from marketplace.ledger.queries.flows import passed

PURPOSE: Final = "tranche"

_NOTED: Final = "SELECT coalesce(sum(fee_minor), 0) FROM campaign_payout WHERE campaign_id = %s"


@step
def note_first(campaign: Campaign, paid: Payout, now: datetime) -> None:
    """Write down the first payout; what is released later is paid in tranches."""
    if _last_number(campaign.id) == 0:
        _write(new_id(), campaign.id, "first", net=paid.net, fee=paid.fee, now=now, ended=now)


@step
def note_tranche(
    payout_id: UUID, campaign: Campaign, net: Money, instruction_id: InstructionId, now: datetime
) -> None:
    """Write down that `net` is asked for: all that is released and was not paid before.

    Our fee of it is what the ledger has and no payout before; what of a fee was returned because a
    bank took a payment back is no part of any payout.
    """
    flush()
    kept = passed([campaign.id], "fees:platform").get(campaign.id, 0)
    fee = Money(max(0, kept - int(scalar(_NOTED, (campaign.id,)))), net.currency)
    _write(payout_id, campaign.id, PURPOSE, net=net, fee=fee, now=now, instruction=instruction_id)


@step
def open_tranche(campaign_id: UUID) -> CampaignPayout | None:
    """Return the tranche that is under way, locked; one at a time is."""
    sql = "SELECT id FROM campaign_payout WHERE campaign_id = %s AND ended_at IS NULL"
    found = scalar(sql, (campaign_id,))
    return _locked(found) if found else None


@step
def end(payout: CampaignPayout, now: datetime) -> None:
    """Nothing more comes of a tranche; what it was for and is still payable goes in the next."""
    payout.ended_at = now
    flush()


@step
def call_off_open(campaign: Campaign, now: datetime, *, reason: str) -> bool:
    """Free what a tranche has set aside; False where the provider may be paying it just now."""
    payout = open_tranche(campaign.id)
    if payout is None or payout.instruction_id is None:
        return True
    if not call_off(InstructionId(payout.instruction_id), reason=reason, now=now):
        return False
    end(payout, now)
    return True


@command
def mark_paid(payout_id: UUID, *, instruction_id: UUID, now: datetime) -> None:
    """Note that a tranche has reached its sponsor; safe to repeat."""
    campaign, payout = _of(payout_id, instruction_id)
    if payout is None or payout.ended_at is not None:
        return
    end(payout, now)
    if escrow.instruction(instruction_id).state == State.SUCCEEDED:
        announce(
            TranchePaid(
                campaign.id, campaign.sponsor_id, payout.id, payout.net_minor, payout.currency
            )
        )


@command
def take_back(payout_id: UUID, *, instruction_id: UUID, now: datetime) -> None:
    """A tranche could not be paid, or came back: it is payable again. Safe to repeat."""
    campaign, payout = _of(payout_id, instruction_id)
    if payout is None:
        return
    if payout.ended_at is None:
        end(payout, now)
    announce(
        CampaignPayoutFailed(
            campaign.id,
            campaign.sponsor_id,
            InstructionId(instruction_id),
            payout.net_minor,
            payout.currency,
        )
    )


def _of(payout_id: UUID, instruction_id: UUID) -> tuple[Campaign, CampaignPayout | None]:
    """Return a payout under the lock of its campaign; None where another try was meant."""
    known = db.session.get(CampaignPayout, payout_id)
    if known is None:
        raise NotFound(str(payout_id))
    campaign = lock_campaign(known.campaign_id)
    payout = _locked(payout_id)
    return campaign, payout if payout.instruction_id == instruction_id else None


def _locked(payout_id: UUID) -> CampaignPayout:
    found = db.session.get(CampaignPayout, payout_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(str(payout_id))
    return found


def _last_number(campaign_id: UUID) -> int:
    sql = "SELECT coalesce(max(number), 0) FROM campaign_payout WHERE campaign_id = %s"
    return int(scalar(sql, (campaign_id,)))


@step
def _write(
    payout_id: UUID,
    campaign_id: UUID,
    kind: str,
    *,
    net: Money,
    fee: Money,
    now: datetime,
    ended: datetime | None = None,
    instruction: UUID | None = None,
) -> None:
    db.session.add(
        CampaignPayout(
            id=payout_id,
            campaign_id=campaign_id,
            number=_last_number(campaign_id) + 1,
            kind=kind,
            gross_minor=(net + fee).minor,
            fee_minor=fee.minor,
            net_minor=net.minor,
            currency=net.currency,
            instruction_id=instruction,
            planned_at=now,
            ended_at=ended,
        )
    )
    flush()
