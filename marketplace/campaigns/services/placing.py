"""Making a pledge.

A reward is taken by one conditional UPDATE: of two people who want the last one, exactly one
wins. It stays taken while the person pays, half an hour at most, and never past the deadline.
Where the campaign charges at its deadline, the same page saves a card instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.campaigns import rules
from marketplace.campaigns.models import Campaign, Pledge, Reward
from marketplace.campaigns.models.lines import PledgeLine
from marketplace.campaigns.rules.suspending import standing_refusals
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.campaigns.services.moving import lock_campaign, once
from marketplace.campaigns.states import (
    PUBLIC,
    CampaignState,
    Collection,
    LineKind,
    PledgeState,
)
from marketplace.escrow.services import planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Broken, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import InstructionId, PledgeId, new_id, public_id
from marketplace.kernel.money import Money


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
    refuse_if(standing_refusals(campaign.suspended_at))
    reward = _reward(campaign, reward_id)
    refuse_if(rules.pledge_refusals(_facts(campaign, reward, backer_id, amount), now))
    pledge = _agreement(campaign, reward, backer_id, amount, now)
    pledge.form_key, pledge.anonymous = form_key, anonymous
    db.session.add(pledge)
    db.session.flush()
    db.session.add_all(_lines(pledge))
    if reward is not None:
        _take_one(reward)
    page_id = _plan_page(campaign, pledge)
    return Placed(PledgeId(pledge.id), page_id)


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


def _lines(pledge: Pledge) -> list[PledgeLine]:
    """Return what is paid for: the reward at its price, and what is given beyond it."""
    price = pledge.reward_price_minor or 0
    parts = [
        (LineKind.REWARD, pledge.reward_id, pledge.reward_title or "", price),
        (LineKind.BONUS, None, "", pledge.amount_minor - price),
    ]
    return [
        PledgeLine(
            pledge_id=pledge.id,
            position=position,
            campaign_id=pledge.campaign_id,
            kind=kind.value,
            reward_id=reward_id,
            title=title,
            quantity=1,
            unit_minor=minor,
            currency=pledge.currency,
        )
        for position, (kind, reward_id, title, minor) in enumerate(parts, start=1)
        if minor
    ]


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
