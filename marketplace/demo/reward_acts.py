"""What sponsors of the demo promise, with extras, choices and sending; and what backers pick."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries import rewards
from marketplace.campaigns.rules.prices import Choice, Extras
from marketplace.campaigns.rules.shipping import price_to
from marketplace.campaigns.services import items, rewarding
from marketplace.demo.script import Project, Tier
from marketplace.demo.stage import Stage
from marketplace.kernel.actors import Actor
from marketplace.kernel.days import add_months
from marketplace.kernel.money import Money

_HOMES: Final = ("DE", "FR", "AT", "IS", "CH", "GB", "TW", "US")
_BESIDE_EVERY: Final = 3


def promise(
    stage: Stage, sponsor: Actor, campaign_id: UUID, project: Project, deadline: date
) -> None:
    """Write the project's rewards as its script has them."""
    for tier in project.tiers:
        stage.pass_minutes()
        wanted = _tier(stage, tier, project, deadline)
        reward_id = rewarding.add_reward(
            sponsor, campaign_id, wanted, form_key=stage.form_key(), now=stage.now
        )
        _fill(sponsor, campaign_id, reward_id, tier, currency=project.currency, now=stage.now)


def picks(campaign_id: UUID, reward_id: UUID, number: int) -> Extras:
    """Return what the backer with this number picks beside a reward; nothing is left to chance."""
    offered = rewards.shown(campaign_id)
    beside = [row.id for row in offered if row.is_addon]
    ids = [reward_id, *beside[: 1 if number % _BESIDE_EVERY == 0 else 0]]
    zones, contents = rewards.zones(ids), rewards.items(ids)
    homes = [home for home in _HOMES if all(_is_sent(zones.get(key), home) for key in ids)]
    return Extras(
        add_ons=tuple((key, 1 + number % 2) for key in ids[1:]),
        country=homes[number % len(homes)] if zones and homes else None,
        choices=tuple(
            Choice(item.id, option.position, option.choices[number % len(option.choices)])
            for key in ids
            for item in contents.get(key, ())
            for option in item.options
        ),
    )


def _is_sent(zones: Mapping[str, Money] | None, home: str) -> bool:
    return not zones or price_to(home, zones) is not None


def _tier(stage: Stage, tier: Tier, project: Project, deadline: date) -> rewarding.Tier:
    early = timedelta(days=tier.early_days + 2) if tier.early_days else None
    return rewarding.Tier(
        title=tier.title,
        description=tier.text,
        price=Money.of(str(tier.price), project.currency),
        quantity=tier.quantity,
        delivery=add_months(deadline.replace(day=1), tier.months),
        kind=tier.kind,
        is_addon=tier.addon,
        per_person=tier.per_person,
        closes_at=stage.now + early if early else None,
    )


def _fill(
    sponsor: Actor, campaign_id: UUID, reward_id: UUID, tier: Tier, *, currency: str, now: datetime
) -> None:
    if tier.options:
        said = dict(line.split(": ") for line in tier.options)
        options = {name: choices.split(", ") for name, choices in said.items()}
        items.add_item(sponsor, campaign_id, reward_id, title=tier.title, options=options, now=now)
    for zone, cost in tier.sending.items():
        amount = Money.of(str(cost), currency)
        items.set_shipping(sponsor, campaign_id, reward_id, zone=zone, cost=amount, now=now)
    if tier.hidden:
        rewarding.hide_reward(sponsor, campaign_id, reward_id, now)
