"""Making a pledge, and what becomes of its payment.

A reward is taken by one conditional UPDATE: of two people who want the last one, exactly one
wins. It stays taken while the person pays, half an hour at most, and never past the deadline.
Where the campaign charges at its deadline, the same page saves a card instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.campaigns import rules
from marketplace.campaigns.events import PledgeCameBack, PledgeHeld, PledgeRefunded
from marketplace.campaigns.models import Campaign, Pledge, Reward
from marketplace.campaigns.services import surplus
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.campaigns.services.moving import (
    give_back_stock,
    lock_campaign,
    lock_pledge,
    move_pledge,
    once,
)
from marketplace.campaigns.states import PUBLIC, CampaignState, Collection, PledgeState
from marketplace.escrow.services import planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute
from marketplace.infra.events import announce
from marketplace.kernel.actors import PROVIDER, Actor
from marketplace.kernel.errors import Broken, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import InstructionId, PledgeId, new_id, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move

# What keeps its reward while it waits, and loses it when its payment comes too late.
_ON_THE_SHELF_IF_LATE: Final = frozenset(
    {PledgeState.AWAITING_PAYMENT, PledgeState.CHARGING, PledgeState.DECLINED}
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A pledge that waits, and the page on which it is paid or its card is saved."""

    pledge_id: PledgeId
    checkout_id: InstructionId


@command
def place_pledge(
    actor: Actor,
    campaign_id: UUID,
    *,
    amount: Money,
    reward_id: UUID | None,
    anonymous: bool,
    form_key: str,
    now: datetime,
) -> Placed:
    """Make a pledge and plan the page that pays it, or saves a card; nobody is charged by this.

    The same `form_key` again gives the same pledge. Refuses: the deadline reached, another
    currency, an amount outside the limits or below the reward's price, the own campaign, a
    reward that is gone.
    """
    backer_id = actor.known()
    once(backer_id, form_key)
    if (known := _known(backer_id, form_key)) is not None:
        return known
    campaign = lock_campaign(campaign_id, shared=True)
    if CampaignState(campaign.state) not in PUBLIC:
        raise NotFound(str(campaign_id))
    reward = _reward(campaign, reward_id)
    refuse_if(rules.pledge_refusals(_facts(campaign, reward, backer_id, amount), now))
    pledge = _agreement(campaign, reward, backer_id, amount, now)
    pledge.form_key, pledge.anonymous = form_key, anonymous
    db.session.add(pledge)
    db.session.flush()
    if reward is not None:
        _take_one(reward)
    page_id = _plan_page(campaign, pledge)
    return Placed(PledgeId(pledge.id), page_id)


@command
def mark_paid(pledge_id: UUID, payment_id: UUID, *, paid_at: datetime, now: datetime) -> None:
    """Take in a payment the provider confirmed; safe to repeat.

    Money that can no longer be used (the deadline passed before it was paid, the pledge was
    given up meanwhile or is paid already) is sent back in full at once.
    """
    campaign, pledge = lock_pledge(pledge_id)
    if pledge.held_at is not None:
        if pledge.checkout_id != payment_id:
            surplus.send_back(pledge, payment_id, paid_at=paid_at)
        return
    pledge.held_at, pledge.checkout_id = paid_at, payment_id
    if _still_wanted(campaign, pledge, paid_at):
        move_pledge(pledge, "pay", by={"provider"}, actor=PROVIDER, at=now)
        announce(
            PledgeHeld(
                pledge.id, campaign.id, pledge.backer_id, pledge.amount_minor, pledge.currency
            )
        )
        return
    if PledgeState(pledge.state) in _ON_THE_SHELF_IF_LATE:
        give_back_stock(pledge)
    reason = "taken_back" if pledge.state == PledgeState.CANCELLED else "too_late"
    move_pledge(pledge, "return", by={"provider"}, actor=PROVIDER, at=now, reason=reason)
    plan_refund(pledge, reason)


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


@step
def plan_refund(pledge: Pledge, reason: str) -> None:
    """Order the whole pledge back to whoever paid it, out of the campaign's escrow."""
    if pledge.checkout_id is None:
        raise Broken(f"pledge {pledge.id} was paid without a checkout")
    pledge.refund_reason = reason
    pledge.refund_id = planning.plan_refund(
        of=InstructionId(pledge.checkout_id),
        subject_id=pledge.id,
        amount=pledge.amount,
        debit_account=escrow_account(pledge.campaign_id, pledge.currency),
        purpose="pledge",
        cause=f"pledge:{pledge.id}",
        reason=reason,
    )


def _known(backer_id: UUID, form_key: str) -> Placed | None:
    query = select(Pledge).where(Pledge.backer_id == backer_id, Pledge.form_key == form_key)
    found = db.session.scalars(query).one_or_none()
    if found is None:
        return None
    page_id = found.setup_id or found.checkout_id
    return Placed(PledgeId(found.id), InstructionId(page_id)) if page_id else None


def _reward(campaign: Campaign, reward_id: UUID | None) -> Reward | None:
    if reward_id is None:
        return None
    found = db.session.get(Reward, reward_id)
    if found is None or found.campaign_id != campaign.id:
        raise NotFound(str(reward_id))
    return found


def _facts(
    campaign: Campaign, reward: Reward | None, backer_id: UUID, amount: Money
) -> rules.PledgeFacts:
    if campaign.currency is None or campaign.deadline is None:
        raise Broken(f"campaign {campaign.id} is public without goal or deadline")
    return rules.PledgeFacts(
        amount=amount,
        campaign_currency=campaign.currency,
        campaign_state=CampaignState(campaign.state),
        deadline=campaign.deadline,
        sponsor_id=campaign.sponsor_id,
        backer_id=backer_id,
        reward_price=reward.price if reward else None,
        reward_left=reward.left if reward else None,
    )


def _agreement(
    campaign: Campaign, reward: Reward | None, backer_id: UUID, amount: Money, now: datetime
) -> Pledge:
    if campaign.deadline is None:
        raise Broken(f"campaign {campaign.id} is live without a deadline")
    return Pledge(
        id=new_id(),
        campaign_id=campaign.id,
        backer_id=backer_id,
        state=PledgeState.AWAITING_PAYMENT.value,
        amount_minor=amount.minor,
        currency=amount.currency,
        reward_id=reward.id if reward else None,
        reward_title=reward.title if reward else None,
        reward_price_minor=reward.price_minor if reward else None,
        reward_delivery=reward.delivery if reward else None,
        placed_at=now,
        expires_at=rules.checkout_until(now, campaign.deadline),
    )


def _take_one(reward: Reward) -> None:
    sql = """
        UPDATE reward SET taken = taken + 1
        WHERE id = %s AND (quantity IS NULL OR taken < quantity)
    """
    if not execute(sql, (reward.id,)):
        raise Refusal("reward_gone", "reward")


@step
def _plan_page(campaign: Campaign, pledge: Pledge) -> InstructionId:
    place = f"/pledges/{public_id('pl', pledge.id)}"
    later = campaign.collection == Collection.DEADLINE
    page_id = (planning.plan_setup if later else planning.plan_checkout)(
        purpose="pledge",
        subject_id=pledge.id,
        person_id=pledge.backer_id,
        amount=pledge.amount,
        credit_account=escrow_account(campaign.id, pledge.currency),
        description=campaign.title,
        return_path=f"{place}/return",
        cancel_path=place,
        expires_at=pledge.expires_at,
        cause=f"pledge:{pledge.id}",
    )
    if later:
        pledge.setup_id = page_id
    else:
        pledge.checkout_id = page_id
    return page_id


def _still_wanted(campaign: Campaign, pledge: Pledge, paid_at: datetime) -> bool:
    state = PledgeState(pledge.state)
    if campaign.state == CampaignState.COLLECTING:
        mendable = state in {PledgeState.CHARGING, PledgeState.DECLINED}
        return mendable and campaign.collect_until is not None and paid_at < campaign.collect_until
    undecided = {CampaignState.LIVE, CampaignState.CLOSING}
    in_time = campaign.deadline is not None and paid_at < campaign.deadline
    waiting = state is PledgeState.AWAITING_PAYMENT
    return waiting and in_time and CampaignState(campaign.state) in undecided
