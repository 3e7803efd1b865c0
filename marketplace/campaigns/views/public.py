"""What everybody sees: the list of projects and the pages of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import Response, request, url_for

from marketplace.campaigns.queries import (
    audiences,
    listing,
    one,
    rewards,
    team,
    updates,
)
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.campaigns.queries.told import told
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.views import (
    funding_words,
    launching,
    money_tab,
    narrowing,
    plans,
    reward_cards,
    showing,
)
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.linked import linked_data
from marketplace.campaigns.views.project_frame import around, tail
from marketplace.identity import queries as people
from marketplace.infra import crypto
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.media import queries as media
from marketplace.web.cursors import cursor
from marketplace.web.guards import me, public
from marketplace.web.locale import _, ngettext
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.pieces import Later
from marketplace.web.rendering import page

_SIMILAR: Final = 3


@bp.get("/projects")
@public
@cached_for_visitors
def projects() -> Response:
    """Show the campaigns a visitor asks for, 24 a page."""
    wanted = listing.Wanted.read(request.args)
    asked = narrowing.Asked.here(wanted)
    found = listing.find(wanted)
    return page(
        "campaigns/list.html",
        wanted=wanted,
        cards_=showing.cards(found.campaigns, clock.now()),
        count=_count_words(found.count),
        canonical=url_for("campaigns.projects", category=wanted.category or None),
        older=asked.address(after=found.older) if found.older else None,
        newer=asked.address(before=found.newer) if found.newer else None,
        doors=Later(asked, narrowing.doors),
        fields=Later(asked, narrowing.fields),
    )


@bp.get("/projects/<ref>")
@public
@cached_for_visitors
def project(ref: str) -> Response:
    """Show a campaign's story, or that it is coming."""
    try:
        campaign = shown(ref)
    except NotFound:
        return launching.upcoming(ref)
    beside, now = told(campaign.id, similar=_SIMILAR), clock.now()
    frame = around(campaign, "", beside.pictures)
    return page(
        "campaigns/story.html",
        gallery=showing.gallery(campaign, beside.pictures),
        told=plans.shown(campaign, beside, now),
        stretch=funding_words.stretch_goals(campaign, beside.stretch),
        film=plans.film(beside.film, "campaigns.public_film", {"ref": ref})
        if beside.film
        else None,
        similar=showing.cards(listing.these(beside.similar), now),
        linked=None if me().is_person else _linked(campaign, frame),
        **frame,
    )


def _linked(campaign: one.PublicCampaign, frame: dict[str, Any]) -> dict[str, Any]:
    """What search engines read: they never sign in, so nobody else need wait for it."""
    offered = rewards.shown(campaign.id)
    return linked_data(
        campaign, str(showing.category_words(campaign.category)), offered, is_open=frame["is_open"]
    )


@bp.get("/projects/<ref>/for/<secret>")
@public
def secret_reward(ref: str, secret: str) -> Response:
    """Show a reward that only this link shows."""
    campaign = shown(ref)
    found = rewards.by_secret(campaign.id, crypto.digest(secret))
    frame = around(campaign, "rewards", media.pictures(cover_ids(campaign)))
    return page("campaigns/rewards.html", **frame, rewards=_cards(campaign, [found], secret=secret))


@bp.get("/projects/<ref>/<any(rewards, updates, money, backers):tab>")
@public
@cached_for_visitors
def project_tab(ref: str, tab: str) -> Response:
    """Show one of a campaign's other pages."""
    campaign = shown(ref)
    frame = around(campaign, tab, media.pictures(cover_ids(campaign)))
    return page(f"campaigns/{tab}.html", **frame, **_CONTENT[tab](campaign))


def _rewards(campaign: one.CampaignRow) -> dict[str, Any]:
    return {"rewards": _cards(campaign, rewards.shown(campaign.id))}


def _cards(
    campaign: one.CampaignRow, found: Sequence[RewardRow], secret: str | None = None
) -> list[dict[str, Any]]:
    """Return the cards of rewards, each with the way to choose it; an extra has none of its own."""
    ref, now = public_id("cmp", campaign.id), clock.now()
    is_open, via = campaign.is_open(now), tail("&")

    def href(row: RewardRow) -> str | None:
        if not is_open or row.is_addon:
            return None
        chosen = public_id("rwd", row.id)
        return url_for("campaigns.pledge", ref=ref, reward=chosen, secret=secret) + via

    return reward_cards.cards(found, href=href)


def _updates(campaign: one.PublicCampaign) -> dict[str, Any]:
    return {
        "updates": updates.told(campaign.id, clock.now(), reader_of(campaign)),
        "taken_off": updates.taken_off(campaign.id),
    }


def _backers(campaign: one.CampaignRow) -> dict[str, Any]:
    found = one.backers(campaign.id, after=cursor("pl"), limit=51)
    shown = found[:50]
    names = people.names([row.backer_id for row in shown if row.backer_id])
    return {
        "backers": [(names.get(row.backer_id) if row.backer_id else None, row) for row in shown],
        "older": public_id("pl", shown[-1].pledge_id) if len(found) > 50 else None,
    }


_CONTENT: Final = {
    "rewards": _rewards,
    "updates": _updates,
    "backers": _backers,
    "money": money_tab.content,
}


def shown(ref: str) -> one.ShownCampaign:
    """Return the campaign that everybody may see; any other is `NotFound`."""
    campaign_id = parse_public_id("cmp", ref)
    return one.shown_campaign(campaign_id, me().known() if me().is_person else None)


def cover_ids(campaign: one.CampaignRow) -> list[UUID]:
    """Return the cover's id, if there is one."""
    return [campaign.cover_id] if campaign.cover_id else []


def reader_of(campaign: one.PublicCampaign) -> updates.Reader:
    """Return what the person who is here may read of a campaign's news."""
    if not me().is_person:
        return updates.Reader()
    person_id = me().known()
    makes = campaign.sponsor_id == person_id or team.has_right(campaign.id, person_id, Right.TALK)
    return updates.Reader(
        makes=makes,
        backs=audiences.backs(campaign.id, person_id),
        reward_ids=audiences.rewards_of(campaign.id, person_id),
    )


def _count_words(count: int) -> str:
    """More than a thousand are not counted: nobody reads on so far."""
    if count > listing.COUNT_MAX:
        return _("More than %(most)s projects", most=f"{listing.COUNT_MAX:,}")
    return ngettext("%(num)s project", "%(num)s projects", count)
