"""Material changes: what was to change, what became of it, and what each backer said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from marketplace.campaigns.states.changes import ChangeState
from marketplace.infra.database import column, row, rows


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change, with what its campaign needs to show it and how many have said what."""

    id: UUID
    campaign_id: UUID
    sponsor_id: UUID
    title: str
    currency: str
    proposed_at: datetime
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]
    is_wording: bool
    state: str
    decided_at: datetime | None
    words: str
    reconfirm_until: datetime | None
    kept: int
    left: int
    asked: int

    @property
    def is_proposed(self) -> bool:
        """Whether a moderator has to look."""
        return self.state == ChangeState.PROPOSED

    @property
    def is_asking(self) -> bool:
        """Whether backers can still answer."""
        return self.state == ChangeState.ASKING

    @property
    def waiting(self) -> int:
        """How many backers have not answered."""
        return self.asked - self.kept - self.left


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One pledge whose backer is, or was, asked whether to stay."""

    change_id: UUID
    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    asked_at: datetime
    reconfirm_until: datetime
    answer: str | None
    answered_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether the backer can still answer; who has left has answered."""
        return self.answer in {None, "keep"} and now < self.reconfirm_until


_SELECT: Final = """
    SELECT m.id, m.campaign_id, c.sponsor_id, c.title, c.currency, m.proposed_at, m.reason,
        m.before, m.after, m.is_wording, m.state, m.decided_at, m.words, m.reconfirm_until,
        n.kept, n.left, n.asked
    FROM material_change m JOIN campaign c ON c.id = m.campaign_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS asked, count(*) FILTER (WHERE answer = 'keep') AS kept,
            count(*) FILTER (WHERE answer IN ('leave', 'silent')) AS left
        FROM reconfirmation r WHERE r.change_id = m.id
    ) n
"""


def change(change_id: UUID) -> ChangeRow | None:
    """Return one change."""
    return row(f"{_SELECT} WHERE m.id = %s", (change_id,), into=ChangeRow)


def of_campaign(campaign_id: UUID, limit: int = 50) -> list[ChangeRow]:
    """Return everything that was proposed for a campaign, latest first; for its sponsor."""
    sql = f"{_SELECT} WHERE m.campaign_id = %s ORDER BY m.proposed_at DESC LIMIT %s"
    return rows(sql, (campaign_id, limit), into=ChangeRow)


def in_force(campaign_id: UUID) -> list[ChangeRow]:
    """Return what has changed, latest first; for everybody."""
    sql = f"""
        {_SELECT} WHERE m.campaign_id = %s AND m.state IN ('asking', 'done')
        ORDER BY m.decided_at DESC
    """
    return rows(sql, (campaign_id,), into=ChangeRow)


def asked(pledge_id: UUID) -> AskedRow | None:
    """Return the latest question to a pledge's backer."""
    sql = """
        SELECT r.change_id, r.pledge_id, r.campaign_id, p.backer_id, r.asked_at,
            m.reconfirm_until, r.answer, r.answered_at
        FROM reconfirmation r JOIN material_change m ON m.id = r.change_id
        JOIN pledge p ON p.id = r.pledge_id
        WHERE r.pledge_id = %s ORDER BY r.asked_at DESC LIMIT 1
    """
    return row(sql, (pledge_id,), into=AskedRow)


def to_tell(change_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return the pledges whose backers are to be told of a change, by their ids."""
    sql = """
        SELECT r.pledge_id FROM reconfirmation r JOIN pledge p ON p.id = r.pledge_id
        WHERE r.change_id = %(change)s AND p.state IN ('held', 'promised')
          AND (%(after)s::uuid IS NULL OR r.pledge_id > %(after)s::uuid)
        ORDER BY r.pledge_id LIMIT %(limit)s
    """
    return column(sql, {"change": change_id, "after": after, "limit": limit})


def deliveries(campaign_id: UUID) -> Mapping[UUID, date | None]:
    """Return when each reward is to come."""
    sql = "SELECT id, delivery FROM reward WHERE campaign_id = %s ORDER BY position, id"
    return {found.id: found.delivery for found in rows(sql, (campaign_id,), into=_Delivery)}


@dataclass(frozen=True, slots=True)
class _Delivery:
    id: UUID
    delivery: date | None


def reward_titles(campaign_id: UUID) -> dict[str, str]:
    """Return what each reward is called, by its id as it stands in a change."""
    sql = "SELECT id, title FROM reward WHERE campaign_id = %s"
    return {str(found.id): found.title for found in rows(sql, (campaign_id,), into=_Titled)}


@dataclass(frozen=True, slots=True)
class _Titled:
    id: UUID
    title: str
