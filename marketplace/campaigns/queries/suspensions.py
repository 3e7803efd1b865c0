"""What stands, or stood, against a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows


@dataclass(frozen=True, slots=True)
class SuspensionRow:
    """One suspension with the campaign it is about."""

    id: UUID
    campaign_id: UUID
    title: str
    sponsor_id: UUID
    campaign_state: str
    state: str
    code: str
    words: str
    suspended_by: UUID
    suspended_at: datetime
    end_words: str | None
    proposed_by: UUID | None
    proposed_at: datetime | None
    decided_by: UUID | None
    decided_at: datetime | None
    decision_words: str

    @property
    def is_standing(self) -> bool:
        """Whether nothing moves because of it."""
        return self.state in {"standing", "proposed"}

    @property
    def is_stopped(self) -> bool:
        """Whether it ended the campaign."""
        return self.state == "stopped"


_SELECT: Final = """
    SELECT s.id, s.campaign_id, c.title, c.sponsor_id, c.state AS campaign_state, s.state, s.code,
        s.words, s.suspended_by, s.suspended_at, s.end_words, s.proposed_by, s.proposed_at,
        s.decided_by, s.decided_at, s.decision_words
    FROM suspension s JOIN campaign c ON c.id = s.campaign_id
"""


def latest(campaign_id: UUID) -> SuspensionRow | None:
    """Return the last suspension of a campaign, standing or over."""
    sql = f"{_SELECT} WHERE s.campaign_id = %s ORDER BY s.suspended_at DESC, s.id DESC LIMIT 1"
    return row(sql, (campaign_id,), into=SuspensionRow)


def suspension(suspension_id: UUID) -> SuspensionRow | None:
    """Return one suspension."""
    return row(f"{_SELECT} WHERE s.id = %s", (suspension_id,), into=SuspensionRow)


def standing(limit: int = 200) -> list[SuspensionRow]:
    """Return what is suspended now, what waits for a second person first, then the oldest."""
    sql = f"""
        {_SELECT} WHERE s.state IN ('standing', 'proposed')
        ORDER BY s.state = 'proposed' DESC, s.suspended_at, s.id LIMIT %s
    """
    return rows(sql, (limit,), into=SuspensionRow)


def log(limit: int = 50) -> list[SuspensionRow]:
    """Return the latest suspensions, standing and over, newest first."""
    sql = f"{_SELECT} ORDER BY s.suspended_at DESC, s.id DESC LIMIT %s"
    return rows(sql, (limit,), into=SuspensionRow)
