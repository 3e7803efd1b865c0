"""What feeds and calendars tell."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from marketplace.infra.database import rows


class Launch(NamedTuple):
    """A campaign that went live, for the feed of all of them."""

    id: UUID
    title: str
    tagline: str
    language: str
    sponsor: str
    launched_at: datetime


def launches(limit: int = 50) -> list[Launch]:
    """Return the campaigns that went live last and are still to be seen."""
    sql = """
        SELECT c.id, c.title, c.tagline, c.language, p.name AS sponsor, c.launched_at
        FROM campaign c JOIN person p ON p.id = c.sponsor_id
        WHERE c.launched_at IS NOT NULL AND c.suspended_at IS NULL
          AND c.state IN ('live', 'closing', 'collecting', 'funded', 'paid_out')
        ORDER BY c.launched_at DESC, c.id LIMIT %s
    """
    return rows(sql, (limit,), into=Launch)


class Dates(NamedTuple):
    """What a person may want in a calendar about one campaign."""

    id: UUID
    title: str
    deadline: datetime
    collect_until: datetime | None


def own_dates(person_id: UUID) -> list[Dates]:
    """Return the dates of what the person backs, makes or follows and that still runs."""
    sql = """
        SELECT c.id, c.title, c.deadline, c.collect_until FROM campaign c
        WHERE c.state IN ('live', 'closing', 'collecting') AND c.deadline IS NOT NULL
          AND (c.sponsor_id = %(person)s
            OR EXISTS (SELECT FROM pledge p WHERE p.campaign_id = c.id
                AND p.backer_id = %(person)s
                AND p.state IN ('promised', 'charging', 'declined', 'held'))
            OR EXISTS (SELECT FROM follow f WHERE f.subject_type = 'campaign'
                AND f.subject_id = c.id AND f.person_id = %(person)s))
        ORDER BY c.deadline, c.id LIMIT 200
    """
    return rows(sql, {"person": person_id}, into=Dates)
