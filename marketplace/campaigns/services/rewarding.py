"""The rewards of a campaign: tiers, and what is bought beside them.

Written while drafting; on a live campaign rewards are still added, and those nobody has pledged
for still changed. What somebody has pledged for stays what it was told to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.models import Campaign, Reward
from marketplace.campaigns.queries import rewards
from marketplace.campaigns.rules import rewards as rewards_rules
from marketplace.campaigns.rules import shipping
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.campaigns.states.rewards import RewardKind
from marketplace.infra import crypto
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, refuse_if
from marketplace.kernel.ids import RewardId, new_id
from marketplace.kernel.money import Money

_WRITABLE: Final = frozenset({CampaignState.DRAFT, CampaignState.LIVE})


@dataclass(frozen=True, slots=True)
class Tier:
    """What a sponsor promises for which price; `quantity` None means no limit.

    `per_person` is how many one backer may have; the window is when it can be chosen.
    """

    title: str
    description: str
    price: Money
    quantity: int | None
    delivery: date | None
    kind: str = RewardKind.PHYSICAL
    is_addon: bool = False
    per_person: int | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    picture_id: UUID | None = None


@command
def add_reward(
    actor: Actor, campaign_id: UUID, tier: Tier, *, form_key: str, now: datetime
) -> RewardId:
    """Add a reward and return its id; the same `form_key` again gives the same reward."""
    campaign = lock_for_rewards(campaign_id, actor, now)
    known = "SELECT id FROM reward WHERE campaign_id = %s AND form_key = %s"
    if (found := scalar(known, (campaign_id, form_key))) is not None:
        return RewardId(found)
    if rewards.count(campaign_id) >= rules.REWARDS_MAX:
        raise Refusal("rewards_full", most=rules.REWARDS_MAX)
    reward = Reward(id=new_id(), campaign_id=campaign_id, form_key=form_key, taken=0)
    reward.position = _last_position(campaign_id)
    _write(reward, campaign, tier, now)
    db.session.add(reward)
    return RewardId(reward.id)


@command
def change_reward(
    actor: Actor, campaign_id: UUID, reward_id: UUID, tier: Tier, now: datetime
) -> None:
    """Change a reward; of one that was pledged for only how many there are and for how long."""
    campaign = lock_for_rewards(campaign_id, actor, now)
    reward = own_reward(campaign, reward_id)
    refuse_if(_change_refusals(reward, tier))
    _write(reward, campaign, tier, now)


@command
def remove_reward(actor: Actor, campaign_id: UUID, reward_id: UUID, now: datetime) -> None:
    """Take a reward off. One that was pledged for is withdrawn: no more of it, what is stands."""
    campaign = lock_for_rewards(campaign_id, actor, now)
    reward = own_reward(campaign, reward_id)
    if is_pledged(reward.id):
        reward.withdrawn_at = reward.withdrawn_at or now
    else:
        db.session.delete(reward)


@command
def move_reward(
    actor: Actor, campaign_id: UUID, reward_id: UUID, *, earlier: bool, now: datetime
) -> None:
    """Let a reward change places with the one before it, or after it; at the end nothing moves."""
    campaign = lock_for_rewards(campaign_id, actor, now)
    moved = own_reward(campaign, reward_id)
    ids = [row.id for row in rewards.of_campaign(campaign_id) if row.is_addon == moved.is_addon]
    place = ids.index(reward_id)
    other = place - 1 if earlier else place + 1
    if 0 <= other < len(ids):
        ids[place], ids[other] = ids[other], ids[place]
    execute(
        """
        UPDATE reward SET position = placed.position
        FROM unnest(%s::uuid[]) WITH ORDINALITY AS placed (id, position)
        WHERE reward.id = placed.id
        """,
        (ids,),
    )


@command
def hide_reward(actor: Actor, campaign_id: UUID, reward_id: UUID, now: datetime) -> str:
    """Show a reward only to whoever has its link; returns the secret of a new link.

    It is told once: what we keep recognises it and cannot say it again. A former link ends.
    """
    campaign = lock_for_rewards(campaign_id, actor, now)
    reward, secret = own_reward(campaign, reward_id), crypto.random_token()
    reward.secret_digest = crypto.digest(secret)
    return secret


@command
def show_reward(actor: Actor, campaign_id: UUID, reward_id: UUID, now: datetime) -> None:
    """Show a reward to everybody again; its link ends."""
    campaign = lock_for_rewards(campaign_id, actor, now)
    own_reward(campaign, reward_id).secret_digest = None


@step
def lock_for_rewards(campaign_id: UUID, actor: Actor, now: datetime) -> Campaign:
    """Return a campaign whose rewards the actor may write, locked; other states are refused."""
    campaign = lock_own_campaign(campaign_id, actor, Right.REWARDS)
    if campaign.state not in _WRITABLE:
        raise Refusal("draft_locked")
    campaign.changed_at = now
    return campaign


@step
def own_reward(campaign: Campaign, reward_id: UUID) -> Reward:
    """Return a reward of this campaign; any other is `NotFound`."""
    reward = db.session.get(Reward, reward_id, populate_existing=True)
    if reward is None or reward.campaign_id != campaign.id:
        raise NotFound(str(reward_id))
    return reward


@step
def is_pledged(reward_id: UUID) -> bool:
    """Whether anybody has ever pledged for it."""
    return bool(
        scalar("SELECT EXISTS (SELECT FROM pledge_line WHERE reward_id = %s)", (reward_id,))
    )


def _write(reward: Reward, campaign: Campaign, tier: Tier, now: datetime) -> None:
    if campaign.currency is None:
        raise Refusal("funding_missing", "price")
    refuse_if(_refusals(tier, campaign, reward, now))
    reward.title = rules.one_line(tier.title)
    reward.description = tier.description.strip()
    reward.price_minor, reward.currency = tier.price.minor, tier.price.currency
    reward.quantity, reward.per_person = tier.quantity, tier.per_person
    reward.delivery = _month(tier.delivery)
    reward.kind, reward.is_addon = tier.kind, tier.is_addon
    reward.opens_at, reward.closes_at = tier.opens_at, tier.closes_at
    reward.picture_id = tier.picture_id


def _refusals(tier: Tier, campaign: Campaign, reward: Reward, now: datetime) -> list[Refusal]:
    today, standing = now.date(), _month(tier.delivery) == reward.delivery
    found = rules.reward_refusals(
        tier.price,
        tier.quantity,
        None if standing else tier.delivery,
        currency=campaign.currency or "",
        today=today,
    )
    found += rules.text_refusals(
        [
            ("title", tier.title, rules.REWARD_TITLE_MAX),
            ("description", tier.description, rules.REWARD_TEXT_MAX),
        ]
    )
    if not tier.title.strip():
        found.append(Refusal("title_missing", "title"))
    found += rewards_rules.kind_refusals(
        tier.kind,
        per_person=tier.per_person,
        opens_at=tier.opens_at,
        closes_at=tier.closes_at,
    )
    found += rewards_rules.quantity_refusals(tier.quantity, reward.taken)
    found += shipping.price_refusals(tier.price, rewards.zones([reward.id]).get(reward.id, {}))
    return found + _picture_refusals(campaign, tier.picture_id)


def _picture_refusals(campaign: Campaign, picture_id: UUID | None) -> list[Refusal]:
    sql = "SELECT EXISTS (SELECT FROM campaign_picture WHERE campaign_id = %s AND picture_id = %s)"
    if picture_id is None or scalar(sql, (campaign.id, picture_id)):
        return []
    return [Refusal("picture_not_here", "picture")]


def _change_refusals(reward: Reward, tier: Tier) -> list[Refusal]:
    former = rewards_rules.Promise(
        reward.title,
        reward.description,
        reward.price,
        reward.kind,
        reward.is_addon,
        reward.delivery,
    )
    later = rewards_rules.Promise(
        rules.one_line(tier.title),
        tier.description.strip(),
        tier.price,
        tier.kind,
        tier.is_addon,
        _month(tier.delivery),
    )
    return rewards_rules.change_refusals(former, later, pledged=is_pledged(reward.id))


def _month(delivery: date | None) -> date | None:
    return delivery.replace(day=1) if delivery else None


def _last_position(campaign_id: UUID) -> int:
    """Return the place after all others, once the sponsor has begun to put them in order."""
    sql = "SELECT coalesce(max(position), 0) FROM reward WHERE campaign_id = %s"
    last = int(scalar(sql, (campaign_id,)))
    return last + 1 if last else 0
