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
    is_decided: bool

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
               AND s.subject_type = 'campaign' AND s.move = 'return') AS returned_before,
            EXISTS (SELECT FROM moderation_case m WHERE m.subject_id = c.id
               AND m.subject_type = 'campaign' AND m.state = 'decided') AS is_decided
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


def since_return(campaign_id: UUID) -> tuple[ReturnRow | None, dict[str, str]]:
    """Return the latest return, if there was one, and every part of the draft as it stands now."""
    flush()
    found = row(_SINCE, (campaign_id,), into=_Since)
    if found is None or found.returned_at is None:
        return None, {}
    returned = ReturnRow(
        found.returned_at, found.code or "", found.reason or "", found.before or {}
    )
    return returned, found.as_text()


def seen(campaign_id: UUID) -> dict[str, str]:
    """Return every part of a draft as plain text, as a moderator sees it now."""
    flush()
    found = row(_NOW, (campaign_id,), into=_Parts)
    return found.as_text() if found else {}


_COLUMNS: Final = """
    c.title, c.tagline, c.category, c.language, c.story_html, c.risks, c.deadline, c.goal_minor,
    c.currency, c.collection,
    concat_ws(' · ', nullif(c.model, 'all_or_nothing'), 'enough: ' || c.floor_minor,
        'optimum: ' || c.optimum_minor, 'days of the second round: ' || c.round_two_days,
        'late pledges until ' || to_char(c.late_until AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
        AS judged,
    coalesce((SELECT string_agg(concat_ws(' · ', s.amount_minor, s.title, nullif(s.text, '')),
        ' | ' ORDER BY s.position) FROM stretch_goal s WHERE s.campaign_id = c.id), '') AS stretch,
    coalesce((SELECT string_agg(concat_ws(' · ', r.price_minor, r.title, r.quantity,
        to_char(r.delivery, 'YYYY-MM'), r.description), ' | ' ORDER BY r.price_minor, r.id)
        FROM reward r WHERE r.campaign_id = c.id), '') AS rewards,
    coalesce((SELECT string_agg(p.alt, ' | ' ORDER BY cp.position, p.id)
        FROM campaign_picture cp JOIN picture p ON p.id = cp.picture_id
        WHERE cp.campaign_id = c.id), '') AS pictures,
    coalesce((SELECT string_agg(concat_ws(' · ', b.amount_minor, b.title), ' | '
        ORDER BY b.position) FROM budget_line b WHERE b.campaign_id = c.id), '') AS budget,
    coalesce((SELECT string_agg(concat_ws(' · ', to_char(t.month, 'YYYY-MM'), t.title), ' | '
        ORDER BY t.position) FROM timeline_step t WHERE t.campaign_id = c.id), '') AS timeline,
    coalesce((SELECT string_agg(concat_ws(' · ', f.question, f.answer), ' | ' ORDER BY f.position)
        FROM faq_entry f WHERE f.campaign_id = c.id), '') AS faq
"""
_NOW: Final = f"SELECT {_COLUMNS} FROM campaign c WHERE c.id = %s"  # noqa: S608 - our own columns
_SINCE: Final = f"""
    SELECT {_COLUMNS}, back.returned_at, back.code, back.reason, back.seen AS before
    FROM campaign c LEFT JOIN LATERAL (
        SELECT returned_at, code, reason, seen FROM campaign_return
        WHERE campaign_id = c.id ORDER BY id DESC LIMIT 1) back ON true
    WHERE c.id = %s
"""  # noqa: S608 - our own columns

_WHEN: Final = {"now": "charged at once", "deadline": "charged at the deadline"}


@dataclass(frozen=True, slots=True)
class _Parts:
    title: str
    tagline: str
    category: str
    language: str
    story_html: str
    risks: str
    deadline: datetime | None
    goal_minor: int | None
    currency: str | None
    collection: str
    judged: str
    stretch: str
    rewards: str
    pictures: str
    budget: str
    timeline: str
    faq: str

    def as_text(self) -> dict[str, str]:
        return {
            "basics": f"{self.title} · {self.tagline} · {self.category} · {self.language}",
            "story": html.words(self.story_html),
            "risks": self.risks,
            "funding": self._funding(),
            "rewards": self.rewards,
            "pictures": self.pictures,
            "budget": self.budget,
            "timeline": self.timeline,
            "faq": self.faq,
        }

    def _funding(self) -> str:
        if self.deadline is None:
            return ""
        goal = Money(self.goal_minor or 0, self.currency) if self.currency else None
        said = f"{goal or ''} · {self.deadline:%Y-%m-%d %H:%M} · {_WHEN[self.collection]}"
        return " · ".join(filter(None, (said, self.judged, self.stretch)))


@dataclass(frozen=True, slots=True)
class _Since(_Parts):
    returned_at: datetime | None
    code: str | None
    reason: str | None
    before: dict[str, str] | None
