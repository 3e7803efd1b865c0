"""What a sponsor has written, as it stands and as it stood after each save."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.rules.versions import Kept
from marketplace.infra.database import flush, rows, scalar
from marketplace.kernel.errors import NotFound


class VersionRow(NamedTuple):
    """One version; `changed` names the parts in which it differs from the one before."""

    number: int
    saved_at: datetime
    saved_by: str | None
    is_auto: bool
    changed: list[str]


_NOW: Final = """
    SELECT jsonb_build_object(
        'basics', jsonb_build_array(c.title, c.tagline, c.category, c.language),
        'story', c.story_html,
        'risks', c.risks,
        'budget', coalesce((SELECT jsonb_agg(jsonb_build_array(title, amount_minor, currency)
            ORDER BY position) FROM budget_line WHERE campaign_id = c.id), '[]'),
        'timeline', coalesce((SELECT jsonb_agg(jsonb_build_array(to_char(month, 'YYYY-MM'), title)
            ORDER BY position) FROM timeline_step WHERE campaign_id = c.id), '[]'),
        'faq', coalesce((SELECT jsonb_agg(jsonb_build_array(question, answer) ORDER BY position)
            FROM faq_entry WHERE campaign_id = c.id), '[]'))
    FROM campaign c WHERE c.id = %s
"""


def current(campaign_id: UUID) -> dict[str, Any]:
    """Return every part of what is written as it stands now."""
    flush()
    found: dict[str, Any] = scalar(_NOW, (campaign_id,))
    return found


def version(campaign_id: UUID, number: int) -> dict[str, Any]:
    """Return every part as it stood in a version; `NotFound` where there is none, or no more."""
    sql = "SELECT parts FROM campaign_version WHERE campaign_id = %s AND number = %s"
    found: dict[str, Any] | None = scalar(sql, (campaign_id, number))
    if found is None:
        raise NotFound(str(number))
    return found


def of_campaign(campaign_id: UUID) -> list[VersionRow]:
    """Return the versions that are kept, newest first."""
    sql = """
        SELECT v.number, v.saved_at, p.name AS saved_by, v.is_auto,
            ARRAY(SELECT part.key FROM jsonb_each(v.parts) part
                WHERE part.value IS DISTINCT FROM v.before -> part.key) AS changed
        FROM (SELECT *, lag(parts) OVER (ORDER BY number) AS before
            FROM campaign_version WHERE campaign_id = %s) v
        JOIN person p ON p.id = v.saved_by ORDER BY v.number DESC
    """
    return rows(sql, (campaign_id,), into=VersionRow)


def kept(campaign_id: UUID) -> list[Kept]:
    """Return the versions as they count for being kept, newest first."""
    sql = """
        SELECT number, saved_at, is_auto FROM campaign_version
        WHERE campaign_id = %s ORDER BY number DESC
    """
    return rows(sql, (campaign_id,), into=Kept)
