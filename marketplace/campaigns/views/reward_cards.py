"""Rewards as cards: what is in them, what sending costs, until when they can be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from marketplace.campaigns.queries import rewards
from marketplace.campaigns.queries.rewards import ItemRow, RewardRow
from marketplace.campaigns.rules import shipping
from marketplace.campaigns.states.rewards import RewardKind
from marketplace.campaigns.views import showing
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.media import queries as media
from marketplace.web.countries import countries
from marketplace.web.locale import _, locale_name
from marketplace.web.rendering import moment_text, money_text


def cards(
    found: Sequence[RewardRow], *, href: Callable[[RewardRow], str | None]
) -> list[dict[str, Any]]:
    """Return cards for the macro; `href` says where each is chosen, None where it cannot be."""
    ids, now = [row.id for row in found], clock.now()
    items, zones = (rewards.items(ids), rewards.zones(ids)) if ids else ({}, {})
    pictures = media.pictures([row.picture_id for row in found if row.picture_id])
    return [
        {
            **showing.reward_card(row, href=href(row) if row.is_offered(now) else None),
            "contents": [item_words(item) for item in items.get(row.id, [])],
            "shipping": shipping_words(row, zones.get(row.id, {})),
            "window": window_words(row, now),
            "limit": row.per_person,
            "picture": pictures.get(row.picture_id) if row.picture_id else None,
            "is_addon": row.is_addon,
            "wait_href": _wait_href(row) if row.sold_out and href(row) else None,
        }
        for row in found
    ]


def _wait_href(row: RewardRow) -> str | None:
    """Return where one waits for a reward that is all taken; before a secret one is no line."""
    if row.secret_digest is not None or row.withdrawn_at is not None:
        return None
    ref, reward = public_id("cmp", row.campaign_id), public_id("rwd", row.id)
    return url_for("campaigns.reward_wait", ref=ref, reward=reward)


def item_words(item: ItemRow) -> str:
    """Return one thing in a reward, with what can be chosen about it."""
    what = f"{item.quantity} × {item.title}" if item.quantity > 1 else item.title
    names = ", ".join(option.name.lower() for option in item.options)
    return _("%(what)s (you choose: %(names)s)", what=what, names=names) if names else what


def shipping_words(row: RewardRow, zones: Mapping[str, Money]) -> str | None:
    """Return what sending costs in a few words; None where nothing is sent."""
    if row.kind != RewardKind.PHYSICAL:
        return None
    if not zones:
        return _("included")
    least, most = min(zones.values()), max(zones.values())
    cost = money_text(least) if least.is_positive else _("free")
    if least != most:
        cost = _("%(least)s to %(most)s", least=cost, most=money_text(most))
    if shipping.ELSEWHERE in zones:
        return cost
    where = ", ".join(zone_words(zone) for zone in list(zones)[:3])
    return _(
        "%(cost)s; only to %(where)s", cost=cost, where=where + (" …" if len(zones) > 3 else "")
    )


def window_words(row: RewardRow, now: datetime) -> str | None:
    """Return from or until when a reward can be chosen, in words; None where there is no limit."""
    if row.withdrawn_at is not None:
        return _("offered no more")
    if row.opens_at is not None and now < row.opens_at:
        return _("from %(moment)s", moment=moment_text(row.opens_at))
    if row.closes_at is None:
        return None
    words = _("until %(moment)s") if now < row.closes_at else _("ended %(moment)s")
    return words % {"moment": moment_text(row.closes_at)}


def zone_words(zone: str) -> str:
    """Return the name of a zone of sending."""
    if zone == shipping.ELSEWHERE:
        return _("Anywhere else")
    if zone == shipping.UNION:
        return _("European Union")
    return countries(locale_name()).get(zone, zone)
