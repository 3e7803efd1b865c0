"""Campaigns that are coming, and who wants to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.campaigns.queries import one
from marketplace.campaigns.rules.launching import is_coming
from marketplace.infra.database import column, row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Wishes:
    """How many asked to be told, and how many of them have pledged."""

    asked: int
    pledged: int


@dataclass(frozen=True, slots=True)
class ComingRow:
    """A campaign that shows itself before its beginning, in the list of those."""

    id: UUID
    title: str
    tagline: str
    sponsor: str
    goal_minor: int
    currency: str
    launch_at: datetime

    @property
    def goal(self) -> Money:
        """What it will need."""
        return Money(self.goal_minor, self.currency)


def coming(limit: int = 100) -> list[ComingRow]:
    """Return what is coming, the soonest first."""
    sql = """
        SELECT c.id, c.title, c.tagline, p.name AS sponsor, c.goal_minor, c.currency, c.launch_at
        FROM campaign c JOIN person p ON p.id = c.sponsor_id
        WHERE c.state = 'scheduled' AND c.announced_at IS NOT NULL
        ORDER BY c.launch_at, c.id LIMIT %s
    """
    return rows(sql, (limit,), into=ComingRow)


def upcoming(campaign_id: UUID) -> one.CampaignRow:
    """Return an approved campaign that shows itself before its beginning; others are `NotFound`."""
    found = one.campaign(campaign_id)
    if not is_coming(found.state, found.announced_at):
        raise NotFound(str(campaign_id))
    return found


def gone_at(campaign_id: UUID) -> datetime:
    """Return since when what was announced is seen no more; what never was is `NotFound`."""
    found: datetime | None = scalar("SELECT gone_at FROM campaign WHERE id = %s", (campaign_id,))
    if found is None:
        raise NotFound(str(campaign_id))
    return found


def seen(campaign_ids: Sequence[UUID]) -> set[UUID]:
    """Return which of these campaigns everybody may see, or see coming."""
    sql = """
        SELECT id FROM campaign WHERE id = ANY(%s) AND (launched_at IS NOT NULL
            OR (state = 'scheduled' AND announced_at IS NOT NULL))
    """
    return set(column(sql, (list(campaign_ids),)))


def wishes(campaign_id: UUID, person_id: UUID) -> bool:
    """Whether the person wants to be told."""
    sql = "SELECT EXISTS (SELECT FROM launch_wish WHERE campaign_id = %s AND person_id = %s)"
    return bool(scalar(sql, (campaign_id, person_id)))


def count(campaign_id: UUID) -> Wishes:
    """Return how many want, or wanted, to be told, and what came of it."""
    sql = """
        SELECT count(*) AS asked, count(*) FILTER (WHERE EXISTS (
            SELECT FROM pledge p WHERE p.campaign_id = w.campaign_id AND p.backer_id = w.person_id
                AND coalesce(p.promised_at, p.held_at) IS NOT NULL)) AS pledged
        FROM launch_wish w WHERE campaign_id = %s
    """
    return row(sql, (campaign_id,), into=Wishes) or Wishes(0, 0)


def to_tell(campaign_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return who is still to be told that the campaign has begun, by their ids."""
    sql = """
        SELECT person_id FROM launch_wish
        WHERE campaign_id = %(campaign)s AND told_at IS NULL
          AND (%(after)s::uuid IS NULL OR person_id > %(after)s::uuid)
        ORDER BY person_id LIMIT %(limit)s
    """
    return column(sql, {"campaign": campaign_id, "after": after, "limit": limit})
