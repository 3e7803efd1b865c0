"""What waits for a moderator, and what moderators decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra import html
from marketplace.infra.database import flush, row, rows
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One campaign that waits for a moderator."""

    id: UUID
    sponsor_id: UUID
    title: str
    category: str
    currency: str
    goal_minor: int
    deadline: datetime
    submitted_at: datetime
    returned_before: int

    @property
    def goal(self) -> Money:
        """What it needs."""
        return Money(self.goal_minor, self.currency)


def review_queue(limit: int = 200) -> list[QueueRow]:
    """Return the campaigns that wait for a decision, longest waiting first."""
    sql = """
        SELECT c.id, c.sponsor_id, c.title, c.category, c.currency, c.goal_minor, c.deadline,
            c.submitted_at,
            (SELECT count(*) FROM state_transition s WHERE s.subject_id = c.id
               AND s.subject_type = 'campaign' AND s.move = 'return') AS returned_before
        FROM campaign c WHERE c.state = 'in_review' ORDER BY c.submitted_at, c.id LIMIT %s
    """
    return rows(sql, (limit,), into=QueueRow)


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One return of a campaign; `seen` is every part of the draft as it stood then."""

    returned_at: datetime
    code: str
    reason: str
    seen: dict[str, str]


def last_return(campaign_id: UUID) -> ReturnRow | None:
    """Return the latest return of a campaign, or None if it never was."""
    sql = """
        SELECT returned_at, code, reason, seen FROM campaign_return
        WHERE campaign_id = %s ORDER BY id DESC LIMIT 1
    """
    return row(sql, (campaign_id,), into=ReturnRow)


def seen(campaign_id: UUID) -> dict[str, str]:
    """Return every part of a draft as plain text, as a moderator sees it now."""
    sql = """
        SELECT c.title, c.tagline, c.category, c.story_html, c.risks, c.deadline,
            c.goal_minor, c.currency, c.collection,
            coalesce((SELECT string_agg(concat_ws(' · ', r.price_minor, r.title, r.quantity,
                to_char(r.delivery, 'YYYY-MM'), r.description), ' | ' ORDER BY r.price_minor, r.id)
                FROM reward r WHERE r.campaign_id = c.id), '') AS rewards,
            coalesce((SELECT string_agg(p.alt, ' | ' ORDER BY cp.position, p.id)
                FROM campaign_picture cp JOIN picture p ON p.id = cp.picture_id
                WHERE cp.campaign_id = c.id), '') AS pictures
        FROM campaign c WHERE c.id = %s
    """
    flush()
    found = row(sql, (campaign_id,), into=_Parts)
    return found.as_text() if found else {}


_WHEN: Final = {"now": "charged at once", "deadline": "charged at the deadline"}


@dataclass(frozen=True, slots=True)
class _Parts:
    title: str
    tagline: str
    category: str
    story_html: str
    risks: str
    deadline: datetime | None
    goal_minor: int | None
    currency: str | None
    collection: str
    rewards: str
    pictures: str

    def as_text(self) -> dict[str, str]:
        goal = Money(self.goal_minor or 0, self.currency) if self.currency else None
        return {
            "basics": f"{self.title} · {self.tagline} · {self.category}",
            "story": html.words(self.story_html),
            "risks": self.risks,
            "funding": f"{goal or ''} · {self.deadline:%Y-%m-%d %H:%M} · {_WHEN[self.collection]}"
            if self.deadline
            else "",
            "rewards": self.rewards,
            "pictures": self.pictures,
        }


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision a moderator made lately."""

    id: UUID
    title: str
    move: str
    actor: str
    reason: str | None
    at: datetime


def recent_decisions(limit: int = 20) -> list[DecisionRow]:
    """Return the latest decisions, newest first."""
    sql = """
        SELECT c.id, c.title, s.move, s.actor, s.reason, s.at
        FROM state_transition s JOIN campaign c ON c.id = s.subject_id
        WHERE s.subject_type = 'campaign' AND s.move IN ('approve', 'return')
        ORDER BY s.id DESC LIMIT %s
    """
    return rows(sql, (limit,), into=DecisionRow)
