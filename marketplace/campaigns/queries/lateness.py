"""What is late, and who wants to hear why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import column, scalar

_LATEST: Final = """
    SELECT max(publish_at) FROM campaign_update
    WHERE campaign_id = %s AND sent_at IS NOT NULL AND hidden_at IS NULL
"""


def count(campaign_id: UUID, promised_for: date) -> int:
    """Return how many of what was promised for a month were not sent."""
    sql = """
        SELECT count(*) FROM fulfilment
        WHERE campaign_id = %s AND promised_for = %s AND state IN ('to_ship', 'owed')
    """
    return int(scalar(sql, (campaign_id, promised_for)))


def is_any_held(campaign_id: UUID, promised_for: date) -> bool:
    """Whether something may still be held for what was promised for a month and not sent."""
    sql = """
        SELECT EXISTS (SELECT FROM fulfilment
            WHERE campaign_id = %s AND promised_for = %s AND state = 'to_ship')
    """
    return bool(scalar(sql, (campaign_id, promised_for)))


def pledges(campaign_id: UUID, promised_for: date, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return the pledges of which what was promised for a month was not sent, a batch at a time."""
    sql = """
        SELECT pledge_id FROM fulfilment
        WHERE campaign_id = %(campaign)s AND promised_for = %(month)s
            AND state IN ('to_ship', 'owed') AND (%(after)s::uuid IS NULL OR pledge_id > %(after)s)
        ORDER BY pledge_id LIMIT %(limit)s
    """
    facts = {"campaign": campaign_id, "month": promised_for, "after": after, "limit": limit}
    return column(sql, facts)


def latest_news(campaign_id: UUID) -> datetime | None:
    """Return when a campaign's sponsor was last heard of."""
    found = scalar(_LATEST, (campaign_id,))
    return found if isinstance(found, datetime) else None


def wished(campaign_id: UUID) -> int:
    """Return how many have asked for news since the sponsor was last heard of."""
    sql = f"""
        SELECT count(*) FROM update_wish WHERE campaign_id = %s
            AND at > coalesce(({_LATEST}), '-infinity')
    """  # noqa: S608 - our own constant
    return int(scalar(sql, (campaign_id, campaign_id)))
