"""The queue, one case with all that was said and decided about it, and the public log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.moderation.states import CaseState


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case; `reports` counts what was said about it."""

    id: UUID
    kind: str
    subject_type: str
    subject_id: UUID
    owner_id: UUID
    title: str
    priority: int
    state: str
    opened_at: datetime
    closed_at: datetime | None
    reports: int

    @property
    def is_open(self) -> bool:
        """Whether somebody has to decide."""
        return self.state == CaseState.OPEN


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision with the case it is about."""

    id: UUID
    case_id: UUID
    moderator_id: UUID
    outcome: str
    code: str
    words: str
    decided_at: datetime
    effective_at: datetime
    took_effect_at: datetime | None
    undone_at: datetime | None
    kind: str
    subject_type: str
    subject_id: UUID
    owner_id: UUID
    title: str
    appeal_case_id: UUID | None

    def can_be_undone(self, by: UUID | None, now: datetime) -> bool:
        """Whether this person may still take it back."""
        return (
            self.undone_at is None
            and self.took_effect_at is None
            and now < self.effective_at
            and by == self.moderator_id
        )


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report."""

    id: UUID
    reporter_id: UUID | None
    code: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AppealRow:
    """What an owner says against a decision."""

    decision_id: UUID
    appellant_id: UUID
    words: str
    at: datetime


_CASE: Final = """
    SELECT c.id, c.kind, c.subject_type, c.subject_id, c.owner_id, c.title, c.priority, c.state,
        c.opened_at, c.closed_at, (SELECT count(*) FROM report r WHERE r.case_id = c.id) AS reports
    FROM moderation_case c
"""
_DECISION: Final = """
    SELECT d.id, d.case_id, d.moderator_id, d.outcome, d.code, d.words, d.decided_at,
        d.effective_at, d.took_effect_at, d.undone_at, c.kind, c.subject_type, c.subject_id,
        c.owner_id, c.title, a.case_id AS appeal_case_id
    FROM moderation_decision d JOIN moderation_case c ON c.id = d.case_id
    LEFT JOIN appeal a ON a.decision_id = d.id
"""


def queue(kind: str = "", limit: int = 200) -> list[CaseRow]:
    """Return what waits for a decision, the most urgent first, then the longest waiting."""
    sql = f"""
        {_CASE} WHERE c.state = 'open' AND (%(kind)s = '' OR c.kind = %(kind)s)
        ORDER BY c.priority, c.opened_at, c.id LIMIT %(limit)s
    """
    return rows(sql, {"kind": kind, "limit": limit}, into=CaseRow)


def case(case_id: UUID) -> CaseRow | None:
    """Return one case."""
    return row(f"{_CASE} WHERE c.id = %s", (case_id,), into=CaseRow)


def decisions_of(case_id: UUID) -> list[DecisionRow]:
    """Return the decisions of a case, undone ones too, oldest first."""
    sql = f"{_DECISION} WHERE d.case_id = %s ORDER BY d.decided_at, d.id"
    return rows(sql, (case_id,), into=DecisionRow)


def decision(decision_id: UUID) -> DecisionRow | None:
    """Return one decision."""
    return row(f"{_DECISION} WHERE d.id = %s", (decision_id,), into=DecisionRow)


def recent_decisions(limit: int = 20) -> list[DecisionRow]:
    """Return the latest decisions that were not undone, newest first."""
    sql = f"{_DECISION} WHERE d.undone_at IS NULL ORDER BY d.decided_at DESC, d.id DESC LIMIT %s"
    return rows(sql, (limit,), into=DecisionRow)


def decisions_against(owner_id: UUID, limit: int = 50) -> list[DecisionRow]:
    """Return what was decided about a person's own things, newest first."""
    sql = f"""
        {_DECISION} WHERE c.owner_id = %s AND d.took_effect_at IS NOT NULL AND c.kind <> 'appeal'
        ORDER BY d.took_effect_at DESC, d.id DESC LIMIT %s
    """
    return rows(sql, (owner_id, limit), into=DecisionRow)


def reports_of(case_id: UUID) -> list[ReportRow]:
    """Return what was reported, oldest first."""
    sql = "SELECT id, reporter_id, code, words, at FROM report WHERE case_id = %s ORDER BY at, id"
    return rows(sql, (case_id,), into=ReportRow)


def appeal_in(case_id: UUID) -> AppealRow | None:
    """Return the appeal that a case is about."""
    sql = "SELECT decision_id, appellant_id, words, at FROM appeal WHERE case_id = %s"
    return row(sql, (case_id,), into=AppealRow)


def public_log(before: datetime | None = None, limit: int = 50) -> list[DecisionRow]:
    """Return the decisions in effect, newest first, older than `before`."""
    sql = f"""
        {_DECISION} WHERE d.took_effect_at IS NOT NULL
            AND (%(before)s::timestamptz IS NULL OR d.took_effect_at < %(before)s)
        ORDER BY d.took_effect_at DESC, d.id DESC LIMIT %(limit)s
    """
    return rows(sql, {"before": before, "limit": limit}, into=DecisionRow)
