"""Money of a funded campaign that leaves its escrow: to the sponsor, to us, or to be held back.

    success ──▶ first part: payable + fee · every other part: holdback, gross
    holdback ──accepted, silence, granted, decided──▶ payable + fee
             └──objected to and decided for the backer──▶ refunded whole, no fee taken

A campaign without a plan is released whole. `release` may be called again for pledges that were
released later: it divides what is not divided yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.fees import Payout
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries.parts import PartRow
from marketplace.campaigns.services import part_refunds, parting, tranches
from marketplace.campaigns.services.accounts import (
    escrow_account,
    holdback_account,
    payable_account,
)
from marketplace.campaigns.states import CampaignState
from marketplace.escrow.services import planning
from marketplace.escrow.services.planning import RefundPlan
from marketplace.infra.commands import step
from marketplace.infra.database import execute, rows, scalar
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.settlement.lines import Line

ACTOR: Final = "settlement"


@step
def release(campaign: Campaign, whole: Payout, now: datetime, *, operation_id: str) -> Payout:
    """Take pledges that are released now out of the escrow; returns what is paid of it at once.

    `whole` is how they are divided where nothing is held back.
    """
    parting.open_fulfilments(campaign)
    cut = parting.divide(campaign, now)
    paid = Payout(cut.net + cut.fee, cut.fee, cut.net, whole.fee_bps) if cut else whole
    if cut:
        tranches.note_first(campaign, paid, now)
    currency = whole.gross.currency
    parts = [
        (payable_account(campaign.id, currency), paid.net, "release"),
        (ledger.account("fees:platform", currency), paid.fee, "platform_fee"),
        (holdback_account(campaign.id, currency), whole.gross - paid.gross, "holdback"),
    ]
    source = escrow_account(campaign.id, currency)
    ledger.post(
        operation_id,
        [Move(source, target, part, code) for target, part, code in parts if part.is_positive],
        cause=f"campaign:{campaign.id}",
        actor=ACTOR,
        happened_at=now,
    )
    return paid


@step
def release_parts(
    campaign: Campaign, parts: Sequence[PartRow], now: datetime, *, why: str
) -> list[Line]:
    """Release held parts to the sponsor; what somebody else has moved meanwhile is left out."""
    moved = parting.move(parts, "release", now)
    if not moved:
        return []
    currency = moved[0].currency
    ledger.stage()
    execute(
        _STAGE,
        {
            "ids": [part.id for part in moved],
            "holdback": holdback_account(campaign.id, currency),
            "payable": payable_account(campaign.id, currency),
            "fees": ledger.account("fees:platform", currency),
        },
    )
    ledger.post_staged(actor=ACTOR, happened_at=now)
    return [_line("part.released", part, campaign.sponsor_id, why) for part in moved]


@step
def give_parts_back(
    campaign: Campaign, parts: Sequence[PartRow], now: datetime, *, reason: str
) -> list[Line]:
    """Send held parts back to who paid them, whole; no fee is taken of them."""
    if not parts:
        return []
    payers = _payers(parts)
    account = holdback_account(campaign.id, parts[0].currency)
    refunds = planning.plan_refunds(
        [
            RefundPlan(
                of=InstructionId(payers[part.pledge_id].checkout_id),
                subject_id=part.id,
                amount=part.amount,
                debit_account=account,
                purpose=part_refunds.PURPOSE,
                cause=f"pledge:{part.pledge_id}",
                reason=reason,
            )
            for part in parts
        ]
    )
    if len(parting.move(parts, "return", now, refunds=refunds)) != len(parts):
        raise Broken(f"parts of campaign {campaign.id} are not held any more")
    return [_line("part.refund", part, payers[part.pledge_id].backer_id, reason) for part in parts]


@step
def plan_payout(
    campaign: Campaign,
    net: Money,
    *,
    purpose: str = "release",
    subject_id: UUID | None = None,
    sequence: int = 1,
) -> InstructionId:
    """Plan to pay the sponsor `net` of what is payable; `sequence` counts the tries.

    `subject_id` is the payout it is for, where that is not the campaign's first one.
    """
    return planning.plan_transfer(
        purpose=purpose,
        subject_id=subject_id or campaign.id,
        person_id=campaign.sponsor_id,
        amount=net,
        debit_account=payable_account(campaign.id, net.currency),
        cause=f"campaign:{campaign.id}",
        description=campaign.title,
        sequence=sequence,
    )


def is_paid(campaign: Campaign) -> bool:
    """Whether the sponsor has had the first part, or nothing was left of it.

    Until then nothing goes back in part: should the sponsor never be paid, everybody gets
    everything back.
    """
    return campaign.state == CampaignState.PAID_OUT or campaign.release_id is None


def has_moved_on(campaign_id: UUID) -> bool:
    """Whether parts went back or tranches arrived: then the release is not undone any more."""
    return bool(scalar(_MOVED_ON, {"id": campaign_id}))


_MOVED_ON: Final = """
    SELECT EXISTS (SELECT FROM pledge_part
            WHERE campaign_id = %(id)s AND state IN ('returning', 'returned'))
        OR EXISTS (SELECT FROM campaign_payout k
            JOIN escrow_instruction i ON i.id = k.instruction_id AND i.state = 'succeeded'
            WHERE k.campaign_id = %(id)s)
"""
_STAGE: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'settlement.part_released:' || part.id, %(holdback)s, to_whom.account, part.currency,
        to_whom.minor, to_whom.code, 'pledge:' || part.pledge_id
    FROM pledge_part part CROSS JOIN LATERAL (VALUES
        (%(payable)s::bigint, part.amount_minor - part.fee_minor, 'part_release'),
        (%(fees)s::bigint, part.fee_minor, 'platform_fee')) AS to_whom (account, minor, code)
    WHERE part.id = ANY(%(ids)s) AND to_whom.minor > 0
"""


@dataclass(frozen=True, slots=True)
class _Payer:
    """Who paid a pledge, and by what."""

    id: UUID
    backer_id: UUID
    checkout_id: UUID


def _payers(parts: Sequence[PartRow]) -> dict[UUID, _Payer]:
    found = rows(
        "SELECT id, backer_id, checkout_id FROM pledge WHERE id = ANY(%s)",
        ([part.pledge_id for part in parts],),
        into=_Payer,
    )
    return {payer.id: payer for payer in found}


def _line(kind: str, part: PartRow, person_id: UUID, note: str) -> Line:
    amount = part.amount if kind == "part.refund" else part.amount - part.fee
    return Line(kind, public_id("pl", part.pledge_id), person_id, amount, note)
