"""The lines before rewards: who stands where, and what is kept for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One person's place in one line; `place` counts from 1 among those who still wait."""

    id: UUID
    reward_id: UUID
    campaign_id: UUID
    person_id: UUID
    state: str
    offer_until: datetime | None
    reward_title: str
    campaign_title: str
    place: int

    @property
    def is_offered(self) -> bool:
        """Whether one is kept for them now."""
        return self.state == "offered"


_SELECT: Final = """
    SELECT w.id, w.reward_id, w.campaign_id, w.person_id, w.state, w.offer_until,
        r.title AS reward_title, c.title AS campaign_title,
        (SELECT count(*) FROM reward_wait before
            WHERE before.reward_id = w.reward_id AND before.state = 'waiting'
              AND (before.joined_at, before.id) <= (w.joined_at, w.id))::int AS place
    FROM reward_wait w JOIN reward r ON r.id = w.reward_id JOIN campaign c ON c.id = w.campaign_id
"""


def wait(wait_id: UUID) -> WaitRow:
    """Return one place in a line, whatever became of it."""
    found = row(f"{_SELECT} WHERE w.id = %s", (wait_id,), into=WaitRow)
    if found is None:
        raise NotFound(str(wait_id))
    return found


def mine(person_id: UUID, reward_id: UUID) -> WaitRow | None:
    """Return a person's place before a reward; None where they do not stand there."""
    sql = f"""
        {_SELECT} WHERE w.person_id = %s AND w.reward_id = %s
            AND w.state IN ('waiting', 'offered')
    """
    return row(sql, (person_id, reward_id), into=WaitRow)


def all_mine(person_id: UUID) -> list[WaitRow]:
    """Return where a person stands in line, what is kept for them first."""
    sql = f"""
        {_SELECT} WHERE w.person_id = %s AND w.state IN ('waiting', 'offered')
        ORDER BY w.state, w.joined_at LIMIT 200
    """
    return rows(sql, (person_id,), into=WaitRow)


class _Kept(NamedTuple):
    reward_id: UUID
    offer_until: datetime


def kept_for(person_id: UUID, campaign_id: UUID, now: datetime) -> dict[UUID, datetime]:
    """Return which rewards of a campaign are kept for a person, and until when."""
    sql = """
        SELECT reward_id, offer_until FROM reward_wait
        WHERE person_id = %s AND campaign_id = %s AND state = 'offered' AND offer_until > %s
    """
    found = rows(sql, (person_id, campaign_id, now), into=_Kept)
    return {kept.reward_id: kept.offer_until for kept in found}
