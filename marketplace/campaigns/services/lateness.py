"""Telling that a delivery is late, and asking a sponsor for news."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.events.asking import DeliveryLate, UpdateWished
from marketplace.campaigns.queries import audiences, lateness
from marketplace.campaigns.rules import lateness as rules
from marketplace.infra.commands import command
from marketplace.infra.database import execute, rows
from marketplace.infra.events import announce, announce_all
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import refuse_if


class _Told(NamedTuple):
    campaign_id: UUID
    promised_for: date
    days: int


_TELL: Final = """
    INSERT INTO late_notice (campaign_id, promised_for, days, told_at)
    SELECT late.campaign_id, late.promised_for, step.days, %(now)s
    FROM (
        SELECT DISTINCT f.campaign_id, f.promised_for
        FROM fulfilment f JOIN campaign c ON c.id = f.campaign_id AND c.suspended_at IS NULL
        WHERE f.state IN ('to_ship', 'owed')
            AND f.promised_for < date_trunc('month', %(on)s::date)
    ) late
    JOIN unnest(%(steps)s::int[]) AS step (days)
        ON (date_trunc('month', late.promised_for) + interval '1 month')::date + step.days - 1
            <= %(on)s::date
    ON CONFLICT DO NOTHING RETURNING campaign_id, promised_for, days
"""


@command
def tell_late(now: datetime) -> int:
    """Note what has been late for so long that it is told, each time once; returns how often.

    Of several times that are due at once only the longest is told.
    """
    facts = {"now": now, "on": now.date(), "steps": list(rules.STEPS)}
    longest: dict[tuple[UUID, date], int] = {}
    for told in rows(_TELL, facts, into=_Told):
        key = (told.campaign_id, told.promised_for)
        longest[key] = max(longest.get(key, 0), told.days)
    announce_all([DeliveryLate(*key, days) for key, days in longest.items()])
    return len(longest)


_WISH: Final = """
    INSERT INTO update_wish AS w (campaign_id, person_id, at) VALUES (%s, %s, %s)
    ON CONFLICT (campaign_id, person_id) DO UPDATE SET at = excluded.at
        WHERE w.at <= coalesce(%s, '-infinity'::timestamptz)
"""


@command
def wish_for_update(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """Ask a sponsor for news as a backer; once until there are some.

    Refused to who does not back the campaign, and for two weeks after an update.
    """
    person_id, latest = actor.known(), lateness.latest_news(campaign_id)
    refuse_if(rules.wish_refusals(latest, now, backs=audiences.backs(campaign_id, person_id)))
    if not execute(_WISH, (campaign_id, person_id, now, latest)):
        return
    count = lateness.wished(campaign_id)
    if rules.is_told(count):
        announce(UpdateWished(campaign_id, count))
