"""News from the sponsor: for everybody or for some, now or later, taken back before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.events import UpdatePosted
from marketplace.campaigns.models import CampaignUpdate
from marketplace.campaigns.queries import rewards
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.campaigns.states import PUBLIC, CampaignState
from marketplace.infra import html
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, rows, scalar
from marketplace.infra.events import announce_all
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, Refusal, refuse_if
from marketplace.kernel.ids import UpdateId, new_id

DAILY_MAX: Final = 10
AHEAD_MAX: Final = timedelta(days=90)
UNDO: Final = timedelta(seconds=10)  # so long letters wait, and the sponsor can take it back
AUDIENCES: Final = ("all", "backers", "rewards")


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom news is, and from when on; `publish_at` is None for at once."""

    who: str = "all"
    reward_ids: Sequence[UUID] = ()
    publish_at: datetime | None = None


EVERYBODY: Final = Audience()


@command
def post_update(
    actor: Actor,
    campaign_id: UUID,
    *,
    title: str,
    body: str,
    form_key: str,
    now: datetime,
    audience: Audience = EVERYBODY,
) -> UpdateId:
    """Post news on the own public campaign; the same `form_key` posts once.

    The body is cleaned like a story. Letters go out `UNDO` after it can be read.
    """
    campaign = lock_own_campaign(campaign_id, actor, Right.TALK)
    known = "SELECT id FROM campaign_update WHERE campaign_id = %s AND form_key = %s"
    if (found := scalar(known, (campaign_id, form_key))) is not None:
        return UpdateId(found)
    if CampaignState(campaign.state) not in PUBLIC:
        raise Refusal("update_before_live")
    refuse_if(_refusals(title, body) + _audience_refusals(audience, now))
    rewards.some(audience.reward_ids, campaign_id)
    _refuse_flood(campaign_id, now)
    update = CampaignUpdate(
        id=new_id(),
        campaign_id=campaign_id,
        author_id=actor.known(),
        form_key=form_key,
        title=rules.one_line(title),
        body_html=html.sanitise(rules.as_markup(body)),
        posted_at=now,
        audience=audience.who,
        reward_ids=list(audience.reward_ids) if audience.who == "rewards" else [],
        publish_at=audience.publish_at or now,
    )
    db.session.add(update)
    db.session.flush()
    return UpdateId(update.id)


@command
def take_back_update(actor: Actor, campaign_id: UUID, update_id: UUID, now: datetime) -> None:
    """Take news back that was not sent yet: planned for later, or posted a moment ago."""
    lock_own_campaign(campaign_id, actor, Right.TALK)
    taken = execute(
        """
        UPDATE campaign_update SET withdrawn_at = %s
        WHERE id = %s AND campaign_id = %s AND sent_at IS NULL AND withdrawn_at IS NULL
        """,
        (now, update_id, campaign_id),
    )
    if not taken:
        raise Refusal("update_sent")


@dataclass(frozen=True, slots=True)
class _Due:
    id: UUID
    campaign_id: UUID


@command
def send_due(now: datetime) -> int:
    """Announce the news whose time has come and can no longer be taken back; how many."""
    sql = """
        UPDATE campaign_update SET sent_at = %(now)s
        WHERE id IN (SELECT id FROM campaign_update
            WHERE sent_at IS NULL AND withdrawn_at IS NULL AND hidden_at IS NULL
                AND publish_at <= %(until)s
            ORDER BY publish_at, id LIMIT 200 FOR UPDATE SKIP LOCKED)
        RETURNING id, campaign_id
    """
    found = rows(sql, {"now": now, "until": now - UNDO}, into=_Due)
    announce_all([UpdatePosted(each.id, each.campaign_id) for each in found])
    return len(found)


@command
def hide_update(actor: Actor, update_id: UUID, now: datetime) -> None:
    """Take news off the page: a moderator's act; its words stay as they are."""
    _insist_on_moderator(actor)
    execute(
        "UPDATE campaign_update SET hidden_at = %s WHERE id = %s AND hidden_at IS NULL",
        (now, update_id),
    )


@command
def show_update(actor: Actor, update_id: UUID) -> None:
    """Put news back that was hidden wrongly: a moderator's act."""
    _insist_on_moderator(actor)
    execute("UPDATE campaign_update SET hidden_at = NULL WHERE id = %s", (update_id,))


def _insist_on_moderator(actor: Actor) -> None:
    if not actor.has("moderator"):
        raise NotAllowed("update.hide")


def _refusals(title: str, body: str) -> list[Refusal]:
    found = rules.text_refusals(
        [("title", title, rules.REWARD_TITLE_MAX), ("body", body, rules.UPDATE_MAX)]
    )
    if not title.strip():
        found.append(Refusal("title_missing", "title"))
    if html.tangled(body):
        found.append(Refusal("markup_tangled", "body", most=html.MARKS_MAX))
    elif not html.words(html.sanitise(body[: rules.UPDATE_MAX])):
        found.append(Refusal("update_empty", "body"))
    return found


def _audience_refusals(audience: Audience, now: datetime) -> list[Refusal]:
    found = []
    if audience.who not in AUDIENCES:
        found.append(Refusal("audience_unknown", "audience"))
    if audience.who == "rewards" and not audience.reward_ids:
        found.append(Refusal("audience_empty", "rewards"))
    if audience.publish_at and not now <= audience.publish_at <= now + AHEAD_MAX:
        found.append(Refusal("publish_outside", "publish_at", days=AHEAD_MAX.days))
    return found


def _refuse_flood(campaign_id: UUID, now: datetime) -> None:
    sql = """
        SELECT count(*) FROM campaign_update
        WHERE campaign_id = %s AND posted_at > %s - interval '1 day' AND withdrawn_at IS NULL
    """
    if scalar(sql, (campaign_id, now)) >= DAILY_MAX:
        raise Refusal("updates_too_many", most=DAILY_MAX)
