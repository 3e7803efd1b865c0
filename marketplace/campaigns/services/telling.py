"""News from the sponsor."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.events import UpdatePosted
from marketplace.campaigns.models import CampaignUpdate
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.campaigns.states import PUBLIC, CampaignState
from marketplace.infra import html
from marketplace.infra.commands import command
from marketplace.infra.database import db, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.kernel.ids import UpdateId, new_id

DAILY_MAX: Final = 10


@command
def post_update(
    actor: Actor, campaign_id: UUID, *, title: str, body: str, form_key: str, now: datetime
) -> UpdateId:
    """Post news on the sponsor's own public campaign; the same `form_key` posts once.

    The body is cleaned like a story.
    """
    campaign = lock_own_campaign(campaign_id, actor)
    known = "SELECT id FROM campaign_update WHERE campaign_id = %s AND form_key = %s"
    if (found := scalar(known, (campaign_id, form_key))) is not None:
        return UpdateId(found)
    if CampaignState(campaign.state) not in PUBLIC:
        raise Refusal("update_before_live")
    refuse_if(_refusals(title, body))
    _refuse_flood(campaign_id, now)
    update = CampaignUpdate(
        id=new_id(),
        campaign_id=campaign_id,
        author_id=actor.known(),
        form_key=form_key,
        title=" ".join(title.split()),
        body_html=html.sanitise(rules.as_markup(body)),
        posted_at=now,
    )
    db.session.add(update)
    announce(UpdatePosted(update.id, campaign_id))
    return UpdateId(update.id)


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


def _refuse_flood(campaign_id: UUID, now: datetime) -> None:
    sql = """
        SELECT count(*) FROM campaign_update
        WHERE campaign_id = %s AND posted_at > %s - interval '1 day'
    """
    if scalar(sql, (campaign_id, now)) >= DAILY_MAX:
        raise Refusal("updates_too_many", most=DAILY_MAX)
