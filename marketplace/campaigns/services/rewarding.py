"""The reward tiers of a draft. Once a campaign is live, what was promised stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.models import Campaign, Reward
from marketplace.campaigns.services.drafting import lock_draft
from marketplace.infra.commands import command
from marketplace.infra.database import db, scalar
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, refuse_if
from marketplace.kernel.ids import RewardId, new_id
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Tier:
    """What a sponsor promises for which price; `quantity` None means no limit."""

    title: str
    description: str
    price: Money
    quantity: int | None
    delivery: date | None


@command
def add_reward(
    actor: Actor, campaign_id: UUID, tier: Tier, *, form_key: str, now: datetime
) -> RewardId:
    """Add a tier and return its id; the same `form_key` again gives the same tier."""
    campaign = lock_draft(campaign_id, actor, now)
    known = "SELECT id FROM reward WHERE campaign_id = %s AND form_key = %s"
    if (found := scalar(known, (campaign_id, form_key))) is not None:
        return RewardId(found)
    if scalar("SELECT count(*) FROM reward WHERE campaign_id = %s", (campaign_id,)) >= (
        rules.REWARDS_MAX
    ):
        raise Refusal("rewards_full", most=rules.REWARDS_MAX)
    reward = Reward(id=new_id(), campaign_id=campaign_id, form_key=form_key, taken=0)
    _write(reward, campaign, tier, now)
    db.session.add(reward)
    return RewardId(reward.id)


@command
def change_reward(
    actor: Actor, campaign_id: UUID, reward_id: UUID, tier: Tier, now: datetime
) -> None:
    """Change a tier of a draft."""
    campaign = lock_draft(campaign_id, actor, now)
    _write(_own(campaign, reward_id), campaign, tier, now)


@command
def remove_reward(actor: Actor, campaign_id: UUID, reward_id: UUID, now: datetime) -> None:
    """Take a tier off a draft."""
    campaign = lock_draft(campaign_id, actor, now)
    db.session.delete(_own(campaign, reward_id))


def _write(reward: Reward, campaign: Campaign, tier: Tier, now: datetime) -> None:
    if campaign.currency is None:
        raise Refusal("funding_missing", "price")
    found = rules.reward_refusals(
        tier.price, tier.quantity, tier.delivery, currency=campaign.currency, today=now.date()
    )
    found += rules.text_refusals(
        [
            ("title", tier.title, rules.REWARD_TITLE_MAX),
            ("description", tier.description, rules.REWARD_TEXT_MAX),
        ]
    )
    if not tier.title.strip():
        found.append(Refusal("title_missing", "title"))
    refuse_if(found)
    reward.title = " ".join(tier.title.split())
    reward.description = tier.description.strip()
    reward.price_minor, reward.currency = tier.price.minor, tier.price.currency
    reward.quantity = tier.quantity
    reward.delivery = tier.delivery.replace(day=1) if tier.delivery else None


def _own(campaign: Campaign, reward_id: UUID) -> Reward:
    reward = db.session.get(Reward, reward_id)
    if reward is None or reward.campaign_id != campaign.id:
        raise NotFound(str(reward_id))
    return reward
