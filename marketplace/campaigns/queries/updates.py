"""News from sponsors, and who may read which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries.audiences import BACKING
from marketplace.infra.database import column, row, rows, scalar
from marketplace.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """One piece of news: for `all`, for `backers`, or for those of some `rewards`."""

    id: UUID
    campaign_id: UUID
    author_id: UUID
    title: str
    body_html: str
    posted_at: datetime
    audience: str
    reward_ids: list[UUID]
    publish_at: datetime
    sent_at: datetime | None
    hidden_at: datetime | None

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it."""
        return self.audience == "all"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who wants to read: whether of the makers, whether a backer, and with which rewards."""

    makes: bool = False
    backs: bool = False
    reward_ids: Sequence[UUID] = ()


_SELECT: Final = """
    SELECT id, campaign_id, author_id, title, body_html, posted_at, audience, reward_ids,
        publish_at, sent_at, hidden_at
    FROM campaign_update
"""
_VISITOR: Final = Reader()


def told(
    campaign_id: UUID, now: datetime, reader: Reader = _VISITOR, *, limit: int = 100
) -> list[UpdateRow]:
    """Return the news that a reader may see at `now`, latest first."""
    sql = f"""
        {_SELECT} WHERE campaign_id = %(campaign)s AND withdrawn_at IS NULL
          AND hidden_at IS NULL AND publish_at <= %(now)s
          AND (audience = 'all' OR %(makes)s OR (audience = 'backers' AND %(backs)s)
            OR reward_ids && %(rewards)s::uuid[])
        ORDER BY publish_at DESC, id DESC LIMIT %(limit)s
    """
    params = {
        "campaign": campaign_id,
        "now": now,
        "makes": reader.makes,
        "backs": reader.backs,
        "rewards": list(reader.reward_ids),
        "limit": limit,
    }
    return rows(sql, params, into=UpdateRow)


def taken_off(campaign_id: UUID) -> int:
    """Return how many public updates a moderator has taken off the page."""
    sql = """
        SELECT count(*) FROM campaign_update WHERE campaign_id = %s AND audience = 'all'
            AND hidden_at IS NOT NULL AND withdrawn_at IS NULL
    """
    return int(scalar(sql, (campaign_id,)))


def waiting(campaign_id: UUID) -> list[UpdateRow]:
    """Return the news that can still be taken back, next first."""
    sql = f"""
        {_SELECT} WHERE campaign_id = %s AND withdrawn_at IS NULL AND sent_at IS NULL
        ORDER BY publish_at, id
    """
    return rows(sql, (campaign_id,), into=UpdateRow)


def update(update_id: UUID) -> UpdateRow:
    """Return one update."""
    found = row(f"{_SELECT} WHERE id = %s", (update_id,), into=UpdateRow)
    if found is None:
        raise NotFound(str(update_id))
    return found


def recipients(found: UpdateRow, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return some of the backers an update is for, by their ids, each once."""
    sql = """
        SELECT DISTINCT p.backer_id FROM pledge p
        WHERE p.campaign_id = %(campaign)s AND p.state = ANY(%(states)s)
          AND (%(all)s OR EXISTS (SELECT FROM pledge_line l
              WHERE l.pledge_id = p.id AND l.reward_id = ANY(%(rewards)s)))
          AND (%(after)s::uuid IS NULL OR p.backer_id > %(after)s::uuid)
        ORDER BY p.backer_id LIMIT %(limit)s
    """
    params = {
        "campaign": found.campaign_id,
        "states": list(BACKING),
        "all": found.audience != "rewards",
        "rewards": found.reward_ids,
        "after": after,
        "limit": limit,
    }
    return column(sql, params)
