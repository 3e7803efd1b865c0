"""What waits for a moderator, and what moderators decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.database import rows
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
