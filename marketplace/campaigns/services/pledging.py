"""What becomes of a pledge's payment: paid, not paid, given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.events import PledgeCameBack, PledgeHeld, PledgeRefunded
from marketplace.campaigns.models import Campaign, Pledge
from marketplace.campaigns.services import changing_pledge, surplus
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.campaigns.services.moving import (
    give_back_stock,
    lock_pledge,
    lock_pledges,
    move_pledge,
    trace_pledges,
)
from marketplace.campaigns.services.refunding import plan_refund
from marketplace.campaigns.states import (
    COUNTING,
    DECIDED_FOR,
    PLEDGE,
    CampaignState,
    PledgeState,
)
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute
from marketplace.infra.events import announce, announce_all
from marketplace.kernel.actors import PROVIDER
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move

_HOLD: Final = """
    UPDATE pledge p SET state = 'held', held_at = paid.at, checkout_id = paid.payment_id
    FROM unnest(%(pledges)s::uuid[], %(payments)s::uuid[], %(at)s::timestamptz[])
        AS paid (pledge_id, payment_id, at)
    WHERE p.id = paid.pledge_id
"""
# What keeps its reward while it waits, and loses it when its payment comes too late.
_ON_THE_SHELF_IF_LATE: Final = frozenset(
    {PledgeState.AWAITING_PAYMENT, PledgeState.CHARGING, PledgeState.DECLINED}
)


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment for a pledge, which the provider confirmed."""

    pledge_id: UUID
    payment_id: UUID
    paid_at: datetime


@command
def mark_paid(pledge_id: UUID, payment_id: UUID, *, paid_at: datetime, now: datetime) -> None:
    """Take in a payment the provider confirmed; safe to repeat.

    Money that can no longer be used (the deadline passed before it was paid, the pledge was
    given up meanwhile or is paid already) is sent back in full at once.
    """
    _take_in([Payment(pledge_id, payment_id, paid_at)], now)


@command
def mark_all_paid(payments: Sequence[Payment], now: datetime) -> None:
    """Take in many payments at once, each as `mark_paid` does; safe to repeat."""
    _take_in(payments, now)


@step
def _take_in(payments: Sequence[Payment], now: datetime) -> None:
    locked = lock_pledges([each.pledge_id for each in payments])
    held: dict[UUID, Payment] = {}
    for payment in payments:
        campaign, pledge = locked[payment.pledge_id]
        paid_with = held[pledge.id].payment_id if pledge.id in held else _paid_with(pledge)
        if paid_with is None and _still_wanted(campaign, pledge, payment.paid_at):
            held[pledge.id] = payment
        elif paid_with is None:
            _send_back(pledge, payment, now)
        elif paid_with != payment.payment_id:
            surplus.send_back(pledge, payment.payment_id, paid_at=payment.paid_at)
    _hold([locked[pledge_id][1] for pledge_id in held], list(held.values()), now)


@step
def _hold(pledges: Sequence[Pledge], payments: Sequence[Payment], now: datetime) -> None:
    """Hold pledges, each with its payment: one statement, so that the totals move once."""
    if not pledges:
        return  # all of it was known before
    for former in {PledgeState(pledge.state) for pledge in pledges}:
        moved = [pledge.id for pledge in pledges if pledge.state == former]
        held = PLEDGE.go(former, "pay", by=PROVIDER.roles)
        trace_pledges(moved, "pay", former, held, at=now, actor=PROVIDER)
    execute(
        _HOLD,
        {
            "pledges": [each.pledge_id for each in payments],
            "payments": [each.payment_id for each in payments],
            "at": [each.paid_at for each in payments],
        },
    )
    told = [_held(pledge) for pledge in pledges]
    replacing = [pledge for pledge in pledges if pledge.replaces_id is not None]
    for pledge in pledges:
        db.session.expire(pledge)  # before what follows: it may move one of them on
    for pledge in replacing:
        changing_pledge.finish(pledge, actor=PROVIDER, now=now)
    announce_all(told)


def _held(pledge: Pledge) -> PledgeHeld:
    return PledgeHeld(
        pledge.id, pledge.campaign_id, pledge.backer_id, pledge.amount_minor, pledge.currency
    )


@step
def _send_back(pledge: Pledge, payment: Payment, now: datetime) -> None:
    """Give back at once what was paid too late."""
    pledge.held_at, pledge.checkout_id = payment.paid_at, payment.payment_id
    if PledgeState(pledge.state) in _ON_THE_SHELF_IF_LATE:
        give_back_stock(pledge)
    reason = "taken_back" if pledge.state == PledgeState.CANCELLED else "too_late"
    move_pledge(pledge, "return", by={"provider"}, actor=PROVIDER, at=now, reason=reason)
    plan_refund(pledge, reason)


def _paid_with(pledge: Pledge) -> UUID | None:
    return pledge.checkout_id if pledge.held_at is not None else None


@command
def mark_unpaid(pledge_id: UUID, now: datetime) -> None:
    """Give up a pledge whose checkout can no longer be paid; safe to repeat."""
    _campaign, pledge = lock_pledge(pledge_id)
    if pledge.state != PledgeState.AWAITING_PAYMENT:
        return
    move_pledge(pledge, "expire", by={"provider"}, actor=PROVIDER, at=now)
    pledge.ended_at = now
    give_back_stock(pledge)


@command
def mark_refunded(pledge_id: UUID, *, at: datetime, now: datetime) -> None:
    """Note that the provider sent the whole pledge back; safe to repeat."""
    _campaign, pledge = lock_pledge(pledge_id)
    if pledge.state == PledgeState.REFUNDING:
        _settle_refund(pledge, at=at, now=now, to_wallet=False)


@command
def refund_to_wallet(pledge_id: UUID, refund_id: UUID, *, now: datetime) -> None:
    """The means of payment did not take the pledge back: it goes to the backer's wallet.

    Safe to repeat.
    """
    _campaign, pledge = lock_pledge(pledge_id)
    if pledge.state == PledgeState.REFUNDING and pledge.refund_id == refund_id:
        keep_refund(pledge, now)


@command
def take_returned(pledge_id: UUID, refund_id: UUID, *, now: datetime) -> None:
    """A refund had arrived and came back: it goes to the backer's wallet. Safe to repeat."""
    _campaign, pledge = lock_pledge(pledge_id)
    if pledge.refund_id != refund_id:
        return
    if pledge.state == PledgeState.REFUNDING:
        keep_refund(pledge, now)
    elif pledge.state == PledgeState.REFUNDED:
        _to_wallet(pledge, now)
        announce(
            PledgeCameBack(
                pledge.id,
                pledge.campaign_id,
                pledge.backer_id,
                pledge.amount_minor,
                pledge.currency,
            )
        )


@step
def keep_refund(pledge: Pledge, now: datetime) -> None:
    """End a refund in the backer's wallet."""
    _to_wallet(pledge, now)
    _settle_refund(pledge, at=now, now=now, to_wallet=True)


@step
def _to_wallet(pledge: Pledge, now: datetime) -> None:
    wallet = ledger.account("person:wallet", pledge.currency, pledge.backer_id)
    source = escrow_account(pledge.campaign_id, pledge.currency)
    ledger.post(
        f"campaigns.refund_to_wallet:{pledge.refund_id}",
        [Move(source, wallet, pledge.amount, "refund")],
        cause=f"pledge:{pledge.id}",
        actor=PROVIDER.label,
        happened_at=now,
    )


@step
def _settle_refund(pledge: Pledge, *, at: datetime, now: datetime, to_wallet: bool) -> None:
    move_pledge(pledge, "settle", by={"provider"}, actor=PROVIDER, at=now)
    pledge.ended_at = at
    announce(
        PledgeRefunded(
            pledge.id,
            pledge.campaign_id,
            pledge.backer_id,
            pledge.amount_minor,
            pledge.currency,
            pledge.refund_reason or "",
            to_wallet,
        )
    )


def _still_wanted(campaign: Campaign, pledge: Pledge, paid_at: datetime) -> bool:
    state = PledgeState(pledge.state)
    if pledge.is_late:
        open_until = campaign.late_until if campaign.state in DECIDED_FOR else None
        waits = state is PledgeState.AWAITING_PAYMENT
        return waits and open_until is not None and paid_at < open_until
    if campaign.state == CampaignState.COLLECTING:
        mendable = state in {PledgeState.CHARGING, PledgeState.DECLINED}
        return mendable and campaign.collect_until is not None and paid_at < campaign.collect_until
    in_time = campaign.deadline is not None and paid_at < campaign.deadline
    waiting = state is PledgeState.AWAITING_PAYMENT
    return waiting and in_time and campaign.state in COUNTING
