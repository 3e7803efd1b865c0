"""How campaigns look: states as words and shapes, cards, addresses. Used by several views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from babel.dates import format_date
from flask import url_for

from marketplace.campaigns.forms import CATEGORY_LABELS
from marketplace.campaigns.queries.listing import Listed
from marketplace.campaigns.queries.one import CampaignRow
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.identity import queries as people
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.media import queries as media
from marketplace.web.locale import _, _l, locale_name, ngettext
from marketplace.web.pieces import Later
from marketplace.web.rendering import brief_text, time_left

Tag = dict[str, Any]

CAMPAIGN_TAGS: Final[dict[str, tuple[Any, str]]] = {
    "draft": (_l("Draft"), "neutral"),
    "in_review": (_l("In review"), "info"),
    "scheduled": (_l("Approved, starts later"), "info"),
    "live": (_l("Live"), "ember"),
    "closing": (_l("Closing"), "info"),
    "collecting": (_l("Collecting"), "info"),
    "funded": (_l("Funded"), "good"),
    "paid_out": (_l("Funded and paid out"), "good"),
    "unfunded": (_l("Goal missed, refunding"), "warn"),
    "refunded": (_l("Goal missed, all refunded"), "neutral"),
    "cancelled": (_l("Discarded"), "neutral"),
}
# Where cards were only saved, most of what did not happen needs no refund.
_LATER_TAGS: Final[dict[str, tuple[Any, str]]] = {
    "unfunded": (_l("Goal missed"), "warn"),
    "refunded": (_l("Goal missed, nobody charged"), "neutral"),
}

PLEDGE_TAGS: Final[dict[str, tuple[Any, str]]] = {
    "awaiting_payment": (_l("Not paid yet"), "warn"),
    "promised": (_l("Card saved, not charged"), "good"),
    "charging": (_l("Being charged"), "info"),
    "declined": (_l("Card declined"), "bad"),
    "held": (_l("Paid and held"), "good"),
    "released": (_l("Released to the sponsor"), "good"),
    "refunding": (_l("On its way back"), "info"),
    "refunded": (_l("Refunded"), "neutral"),
    "charged_back": (_l("Taken back by the bank"), "bad"),
    "expired": (_l("Expired, not charged"), "neutral"),
    "cancelled": (_l("Cancelled, not charged"), "neutral"),
    "lapsed": (_l("Ended, not charged"), "neutral"),
}


def campaign_tag(state: str, *, later: bool = False) -> Tag:
    """Return the word and tone of a campaign's state; `later` where cards were only saved."""
    label, tone = (_LATER_TAGS.get(state) if later else None) or CAMPAIGN_TAGS[state]
    return {"label": label, "tone": tone}


def pledge_tag(state: str) -> Tag:
    """Return the word and tone of a pledge's state."""
    label, tone = PLEDGE_TAGS[state]
    return {"label": label, "tone": tone}


def project_url(campaign_id: UUID, tab: str = "") -> str:
    """Return the public address of a campaign, or of one of its tabs."""
    ref = public_id("cmp", campaign_id)
    if tab:
        return url_for("campaigns.project_tab", ref=ref, tab=tab)
    return url_for("campaigns.project", ref=ref)


def bar_words(campaign: Listed | CampaignRow, now: datetime) -> str:
    """Return what the funding bar says, in words: `EUR 620 of 1,000, 62 %, 9 days left`."""
    return raised_words(campaign.raised, campaign.goal, _left(campaign, now))


def _left(campaign: Listed | CampaignRow, now: datetime) -> str:
    """Return how long the campaign takes pledges, in words; empty if it takes none."""
    if campaign.state == "live" and campaign.deadline and campaign.deadline > now:
        return time_left(campaign.deadline)
    return ""


def raised_words(raised: Money, goal: Money, left: str) -> str:
    """Return what a funding bar says, in words; `left` is how long there is left, if any."""
    said = _(
        "%(raised)s of %(goal)s, %(percent)s",
        raised=brief_text(raised),
        goal=brief_text(goal).partition("\u00a0")[2],
        percent=f"{100 * raised.minor // goal.minor}\u00a0%",
    )
    return _("%(said)s, %(left)s", said=said, left=left) if left else said


class Card(NamedTuple):
    """Everything that the card of a campaign shows. `left` is how long it takes pledges."""

    campaign: Listed
    left: str


def cards(found: Sequence[Listed], now: datetime) -> list[Later]:
    """Return cards for the macro."""
    return [Later(Card(campaign, _left(campaign, now)), _card) for campaign in found]


def record_words(launched: int, funded: int) -> str:
    """Return what became of a sponsor's campaigns so far, in a few words."""
    if launched < 2:
        return _("first campaign here")
    return _(
        "%(funded)s of %(launched)s campaigns funded",
        funded=funded,
        launched=launched,
    )


def _card(shown: Card) -> dict[str, Any]:
    campaign = shown.campaign
    covers = (campaign.cover_small, campaign.cover_medium, campaign.cover_large)
    card: dict[str, Any] = {
        "href": project_url(campaign.id),
        "title": campaign.title,
        "language": campaign.language,
        "promise": campaign.tagline,
        "category": category_words(campaign.category),
        "sponsor": campaign.sponsor or _("Unknown"),
        "sponsor_fact": record_words(campaign.sponsor_launched, campaign.sponsor_funded),
        "raised": campaign.raised,
        "goal": campaign.goal,
        "words": raised_words(campaign.raised, campaign.goal, shown.left),
        "picture_url": media.src(campaign.cover_medium),
        "picture_srcset": media.srcset(covers, campaign.cover_width),
        "focus": media.focus_words(campaign.cover_focus_x, campaign.cover_focus_y),
    }
    if campaign.state != "live":
        card["tag"] = campaign_tag(campaign.state, later=campaign.is_later)
    return card


def gallery(campaign: CampaignRow, pictures: Mapping[UUID, media.PictureRow]) -> list[Any]:
    """Return the pictures to show beside the cover: those that the story does not show itself."""
    return [
        picture
        for key, picture in pictures.items()
        if key != campaign.cover_id and picture.src_large not in campaign.story_html
    ]


def category_words(category: str) -> Any:  # noqa: ANN401 - a text in the reader's language
    """Return the name of a category."""
    return CATEGORY_LABELS.get(category, category)


def reward_card(reward: RewardRow, *, href: str | None) -> dict[str, Any]:
    """Return one reward for the macro; `href` is where it is chosen, None where it cannot be."""
    return {
        "title": reward.title,
        "price": reward.price,
        "body": reward.description,
        "stock_words": stock_words(reward),
        "delivery": month_words(reward),
        "sold_out": reward.sold_out,
        "href": href,
    }


def stock_words(reward: RewardRow) -> str:
    """Return how many are left, in words."""
    if reward.quantity is None or reward.left is None:
        return _("No limit")
    return ngettext(
        "%(num)s of %(all)s left", "%(num)s of %(all)s left", reward.left, all=reward.quantity
    )


def month_words(reward: RewardRow) -> str | None:
    """Return the delivery month, in words."""
    return None if reward.delivery is None else month(reward.delivery)


def month(day: date) -> str:
    """Return the month of a day, in words."""
    return str(format_date(day, format="MMMM y", locale=locale_name()))


def sponsor_name(person_id: UUID) -> str:
    """Return the name a person goes by."""
    return people.names([person_id]).get(person_id, _("Unknown"))


_DISPUTE_TAGS: Final[dict[str, tuple[Any, str]]] = {
    "needs_response": (_l("We answer the bank"), "warn"),
    "under_review": (_l("The bank decides"), "info"),
    "won": (_l("Won: it stands again"), "good"),
    "lost": (_l("Lost"), "bad"),
}


def dispute_tag(state: str) -> tuple[str, str]:
    """Return how far a dispute is, as a sponsor reads it, and its tone."""
    label, tone = _DISPUTE_TAGS[state]
    return str(label), tone
