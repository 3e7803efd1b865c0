"""Writing a draft, part by part. Only while it is a draft; giving it up is the sponsor's alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries import illustrations, versions
from marketplace.campaigns.queries.one import CampaignRow
from marketplace.campaigns.rules import languages, models
from marketplace.campaigns.rules.models import PLAIN, Ending
from marketplace.campaigns.services.moving import lock_own_campaign, move_campaign, once
from marketplace.campaigns.services.saving import (
    BY_HAND,
    Save,
    Saved,
    keep_version,
    lock_draft,
    saving,
)
from marketplace.campaigns.states import CampaignState, Collection
from marketplace.escrow import queries as escrow
from marketplace.infra import html
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, scalar
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.kernel.ids import CampaignId, PersonId, new_id
from marketplace.kernel.money import Money


@command
def start_draft(
    actor: Actor,
    *,
    title: str,
    category: str,
    language: str = languages.DEFAULT,
    form_key: str,
    now: datetime,
) -> CampaignId:
    """Begin a draft and return its id; the same `form_key` again gives the same draft."""
    sponsor_id = actor.known()
    if (known := begun_with(form_key, sponsor_id)) is not None:
        return known
    refuse_if(basics_refusals(title, "", category, language))
    campaign = begin(sponsor_id, form_key, title, now, category=category, language=language)
    keep_version(campaign.id, actor, versions.current(campaign.id), now)
    return CampaignId(campaign.id)


@step
def begun_with(form_key: str, sponsor_id: PersonId) -> CampaignId | None:
    """Return what the same form has begun already; it is let through one at a time."""
    once(sponsor_id, form_key)
    sql = "SELECT id FROM campaign WHERE sponsor_id = %s AND form_key = %s"
    found = scalar(sql, (sponsor_id, form_key))
    return None if found is None else CampaignId(found)


@step
def begin(
    sponsor_id: PersonId,
    form_key: str,
    title: str,
    now: datetime,
    **said: Any,  # noqa: ANN401 - columns of a campaign
) -> Campaign:
    """Return a new draft that says this much."""
    made = Campaign(
        id=new_id(),
        sponsor_id=sponsor_id,
        form_key=form_key,
        state=CampaignState.DRAFT.value,
        title=rules.one_line(title),
        story_stripped=[],
        created_at=now,
        changed_at=now,
        **said,
    )
    db.session.add(made)
    return made


@command
def write_basics(
    actor: Actor,
    campaign_id: UUID,
    *,
    title: str,
    tagline: str,
    category: str,
    language: str,
    now: datetime,
    save: Save = BY_HAND,
) -> Saved:
    """Set title, one-line promise and category, and in which language it all is told."""
    with saving(actor, campaign_id, "basics", now, save) as draft:
        refuse_if(basics_refusals(title, tagline, category, language))
        draft.campaign.title = rules.one_line(title)
        draft.campaign.tagline = rules.one_line(tagline)
        draft.campaign.category = category
        draft.campaign.language = language
    return draft.saved()


@command
def write_story(
    actor: Actor, campaign_id: UUID, *, story: str, now: datetime, save: Save = BY_HAND
) -> Saved:
    """Set the story, cleaned; what was taken out of it is told, to be shown."""
    with saving(actor, campaign_id, "story", now, save) as draft:
        set_story(draft.campaign, story)
    return draft.saved(draft.campaign.story_stripped)


@step
def set_story(campaign: Campaign, story: str) -> None:
    """Set the story, cleaned, and note what was taken out of it."""
    campaign.story_html, campaign.story_stripped = clean_story(campaign.id, story)


def clean_story(campaign_id: UUID, story: str) -> tuple[str, list[str]]:
    """Return a campaign's story as it may be shown, and the names of what was taken out of it.

    It may show the campaign's own pictures.
    """
    if len(story) > rules.STORY_MAX:
        raise Refusal("text_too_long", "story", most=rules.STORY_MAX)
    if html.tangled(story):
        raise Refusal("markup_tangled", "story", most=html.MARKS_MAX)
    pictures = illustrations.of_campaign(campaign_id)
    markup = rules.as_markup(story)
    return html.sanitise(markup, pictures), html.stripped(story, pictures)


@command
def write_risks(
    actor: Actor, campaign_id: UUID, *, risks: str, now: datetime, save: Save = BY_HAND
) -> Saved:
    """Set the text about what can go wrong."""
    with saving(actor, campaign_id, "risks", now, save) as draft:
        refuse_if(rules.text_refusals([("risks", risks, rules.RISKS_MAX)]))
        draft.campaign.risks = risks.strip()
    return draft.saved()


@command
def write_funding(
    actor: Actor,
    campaign_id: UUID,
    *,
    goal: Money,
    deadline: datetime,
    collection: str = Collection.NOW,
    ending: Ending = PLAIN,
    now: datetime,
) -> None:
    """Set the goal, with its currency, the deadline, and when the backers' money is taken.

    `ending` is by what it is judged, and what comes after. The currency stays once there are
    rewards: their prices are in it.
    """
    campaign = lock_draft(campaign_id, actor, now, right=None)
    found = rules.goal_refusals(goal)
    found += models.ending_refusals(ending, goal, collection)
    found += models.length_refusals(
        deadline, ending, rules.starts_at(campaign.launch_at, now), longest(collection)
    )
    can_save = any(method.deferrable for method in escrow.terms().methods)
    found += rules.collection_refusals(collection, can_save=can_save)
    sql = "SELECT count(*) FROM reward WHERE campaign_id = %s AND currency <> %s"
    if scalar(sql, (campaign_id, goal.currency)):
        found.append(Refusal("currency_has_rewards", "currency", currency=campaign.currency))
    sql = "SELECT count(*) FROM budget_line WHERE campaign_id = %s AND currency <> %s"
    if scalar(sql, (campaign_id, goal.currency)):
        found.append(Refusal("currency_has_budget", "currency", currency=campaign.currency))
    refuse_if(found)
    campaign.goal_minor, campaign.currency = goal.minor, goal.currency
    campaign.deadline, campaign.collection = deadline, collection
    _set_ending(campaign, deadline, ending)


@command
def discard(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """Give up a draft."""
    campaign = lock_own_campaign(campaign_id, actor)
    move_campaign(campaign, "discard", by={"owner"}, actor=actor, at=now)


def basics_refusals(title: str, tagline: str, category: str, language: str) -> list[Refusal]:
    """Return what is wrong with title, promise, category and language."""
    found = rules.text_refusals(
        [("title", title, rules.TITLE_MAX), ("tagline", tagline, rules.TAGLINE_MAX)]
    )
    if not title.strip():
        found.append(Refusal("title_missing", "title"))
    if category not in rules.CATEGORIES:
        found.append(Refusal("category_unknown", "category"))
    if language not in languages.LANGUAGES:
        found.append(Refusal("language_unknown", "language"))
    return found


def _set_ending(campaign: Campaign, deadline: datetime, ending: Ending) -> None:
    campaign.model, campaign.deadline_zone = ending.model, ending.zone
    campaign.floor_minor = ending.floor.minor if ending.floor else None
    campaign.optimum_minor = ending.optimum.minor if ending.optimum else None
    campaign.round_two_days = ending.round_two_days
    campaign.late_until = models.late_until(deadline, ending)


def longest(collection: str) -> timedelta:
    """Return how long a campaign may last that takes its backers' money like this."""
    return rules.longest(collection, escrow.terms().limits.collecting_days_max)


def longest_first_round(campaign: Campaign | CampaignRow) -> timedelta:
    """Return how far away the next deadline of a campaign may be: a second round comes on top."""
    return longest(campaign.collection) - timedelta(days=campaign.round_two_days or 0)
