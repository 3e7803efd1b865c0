"""Beginning a campaign with what another one of the same sponsor says.

What is written is taken over, and what is promised; what happened is not: no dates, no backers, no
team, no links, no news.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.models import Reward
from marketplace.campaigns.models.rewards import ItemOption, RewardItem, RewardShipping
from marketplace.campaigns.queries import rewards, versions
from marketplace.campaigns.queries.rewards import ItemRow, RewardRow
from marketplace.campaigns.queries.since import SHOWN
from marketplace.campaigns.rules.drafting import ROWS_MAX
from marketplace.campaigns.services.drafting import basics_refusals, begin, begun_with
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.campaigns.services.saving import keep_version
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import refuse_if
from marketplace.kernel.ids import CampaignId, new_id

# What is taken over of the campaign itself.
_SAID: Final = (
    *("tagline", "category", "language", "story_html", "risks", "cover_id", "currency"),
    *("goal_minor", "collection", "model", "floor_minor", "optimum_minor", "round_two_days"),
    "deadline_zone",
)

# What stands in lists; of a timeline what is still to come, of answers as many as a draft may have.
_LISTS: Final = (
    """
    INSERT INTO campaign_picture (campaign_id, picture_id, position)
    SELECT %(to)s, picture_id, position FROM campaign_picture WHERE campaign_id = %(from)s
    """,
    """
    INSERT INTO campaign_recording (campaign_id, recording_id, added_at)
    SELECT %(to)s, recording_id, %(now)s FROM campaign_recording WHERE campaign_id = %(from)s
    """,
    """
    INSERT INTO budget_line (campaign_id, position, title, amount_minor, currency)
    SELECT %(to)s, position, title, amount_minor, currency
    FROM budget_line WHERE campaign_id = %(from)s
    """,
    """
    INSERT INTO timeline_step (campaign_id, position, month, title)
    SELECT %(to)s, position, month, title
    FROM timeline_step WHERE campaign_id = %(from)s AND month >= %(month)s
    """,
    f"""
    INSERT INTO faq_entry (campaign_id, position, question, answer)
    SELECT %(to)s, row_number() OVER (ORDER BY f.position), f.question, f.answer
    FROM faq_entry f WHERE f.campaign_id = %(from)s AND {SHOWN}
    ORDER BY f.position LIMIT {ROWS_MAX}
    """,  # noqa: S608 - our own constants
)


@command
def copy_campaign(
    actor: Actor, campaign_id: UUID, *, title: str, form_key: str, now: datetime
) -> CampaignId:
    """Begin a draft with what a campaign of the actor's own says; the same `form_key` does so once.

    Rewards that are withdrawn or hidden stay behind, as do months that are over.
    """
    source, sponsor_id = lock_own_campaign(campaign_id, actor), actor.known()
    if (known := begun_with(form_key, sponsor_id)) is not None:
        return known
    refuse_if(basics_refusals(title, source.tagline, source.category, source.language))
    said = {name: getattr(source, name) for name in _SAID}
    made = begin(sponsor_id, form_key, title, now, **said)
    month = now.astimezone(UTC).date().replace(day=1)
    for sql in _LISTS:
        execute(sql, {"from": source.id, "to": made.id, "now": now, "month": month})
    _copy_rewards(source.id, made.id, month)
    keep_version(made.id, actor, versions.current(made.id), now)
    return CampaignId(made.id)


def _copy_rewards(source_id: UUID, made_id: UUID, month: date) -> None:
    promised = [
        row
        for row in rewards.of_campaign(source_id)
        if row.withdrawn_at is None and row.secret_digest is None
    ]
    ids = [row.id for row in promised]
    contents, zones = rewards.items(ids), rewards.zones(ids)
    for row in promised:
        reward_id = _copy_reward(row, made_id, month)
        for item in contents.get(row.id, ()):
            _copy_item(item, reward_id)
        db.session.add_all(
            RewardShipping(reward_id=reward_id, zone=zone, price_minor=cost.minor)
            for zone, cost in zones.get(row.id, {}).items()
        )


def _copy_reward(row: RewardRow, made_id: UUID, month: date) -> UUID:
    is_to_come = row.delivery is not None and row.delivery >= month
    reward = Reward(
        id=new_id(),
        campaign_id=made_id,
        form_key=f"copy:{row.id}",
        title=row.title,
        description=row.description,
        price_minor=row.price_minor,
        currency=row.currency,
        quantity=row.quantity,
        delivery=row.delivery if is_to_come else None,
        kind=row.kind,
        is_addon=row.is_addon,
        per_person=row.per_person,
        picture_id=row.picture_id,
        position=row.position,
    )
    db.session.add(reward)
    db.session.flush()
    return reward.id


def _copy_item(item: ItemRow, reward_id: UUID) -> None:
    made = RewardItem(
        id=new_id(),
        reward_id=reward_id,
        position=item.position,
        title=item.title,
        quantity=item.quantity,
    )
    db.session.add(made)
    db.session.flush()
    db.session.add_all(
        ItemOption(
            item_id=made.id,
            position=option.position,
            reward_id=reward_id,
            name=option.name,
            choices=option.choices,
        )
        for option in item.options
    )
