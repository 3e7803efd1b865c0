"""What a project's page says to machines: a product, what it costs, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from marketplace.campaigns.queries.one import PublicCampaign
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.infra.settings import current_settings
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.web.locale import _


def linked_data(
    campaign: PublicCampaign, category: str, rewards: Sequence[RewardRow], *, is_open: bool
) -> dict[str, Any]:
    """Return a graph of schema.org: a project as product, its offers, its page, its place."""
    ref = public_id("cmp", campaign.id)
    address = _site(url_for("campaigns.project", ref=ref))
    product: dict[str, Any] = {
        "@type": "Product",
        "@id": address,
        "url": address,
        "name": campaign.title,
        "description": campaign.tagline,
        "category": category,
        "image": _site(url_for("discovery.card", ref=ref)),
        "brand": {"@type": "Brand", "name": campaign.sponsor or ""},
    }
    if rewards and is_open:
        product["offers"] = [_offer(reward, ref) for reward in rewards]
    places = [
        (_("Projects"), url_for("campaigns.projects")),
        (category, url_for("campaigns.projects", category=campaign.category)),
        (campaign.title, url_for("campaigns.project", ref=ref)),
    ]
    crumbs = [
        {"@type": "ListItem", "position": n, "name": str(name), "item": _site(path)}
        for n, (name, path) in enumerate(places, start=1)
    ]
    told = {
        "@type": "WebPage",
        "url": address,
        "inLanguage": campaign.language,
        "mainEntity": {"@id": address},
    }
    trail = {"@type": "BreadcrumbList", "itemListElement": crumbs}
    return {"@context": "https://schema.org", "@graph": [product, told, trail]}


def _offer(reward: RewardRow, ref: str) -> dict[str, Any]:
    price: Money = reward.price
    stock = "SoldOut" if reward.sold_out else "PreOrder"
    return {
        "@type": "Offer",
        "name": reward.title,
        "price": str(price.decimal()),
        "priceCurrency": price.currency,
        "availability": f"https://schema.org/{stock}",
        "url": _site(url_for("campaigns.project_tab", ref=ref, tab="rewards")),
    }


def _site(path: str) -> str:
    return current_settings().site_url + path
