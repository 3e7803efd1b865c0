"""What is known about questions and answers, for pages, rules and back-tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.ids import public_id
from marketplace.risk.rules import is_fresh
from marketplace.risk.scorecard import Line

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Archived:
    """One answer as it is archived; `as_of` is the day its facts are of, as ISO text."""

    source: str
    provider: str
    raw_hash: str
    readable: bool
    as_of: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest question about a subject, with its report once both sources have answered."""

    request_id: UUID
    subject_id: UUID
    facts_hash: str
    asked_at: datetime
    attempts: int
    not_before: datetime
    trouble: str | None
    report_id: UUID | None
    version: int | None
    outcome: str | None
    codes: Sequence[str]
    points: int | None
    points_max: int | None
    grade: str | None
    line_rows: Sequence[dict[str, Any]]
    at: datetime | None
    answer_rows: Sequence[dict[str, Any]]

    @property
    def is_waiting(self) -> bool:
        """Whether a source has not answered yet."""
        return self.report_id is None

    @property
    def lines(self) -> list[Line]:
        """What each attribute gave."""
        return [Line(**one) for one in self.line_rows]

    @property
    def answers(self) -> list[Archived]:
        """Everything that came in answer, what made no sense included, the first first."""
        return [Archived(**one) for one in self.answer_rows]

    def is_fresh(self, now: datetime) -> bool:
        """Whether there is a report, young enough to decide on."""
        return self.at is not None and is_fresh(self.at, now)


_STANDING = """
    q.id AS request_id, q.subject_id, q.facts_hash, q.asked_at, q.attempts, q.not_before, q.trouble,
    r.id AS report_id, r.version, r.outcome, coalesce(r.codes, '{}') AS codes, r.points,
    r.points_max, r.grade, coalesce(r.lines, '[]') AS line_rows, r.at,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object('source', a.source, 'provider', a.provider,
            'raw_hash', a.raw_hash, 'readable', a.readable, 'as_of', a.as_of)
            ORDER BY a.received_at, a.source)
        FROM risk_answer a WHERE a.request_id = q.id), '[]') AS answer_rows
"""


def standing(subject_id: UUID) -> Standing | None:
    """Return the latest question about a subject; None where nobody has asked."""
    return row(
        f"""
        SELECT {_STANDING} FROM risk_request q LEFT JOIN risk_report r ON r.request_id = q.id
        WHERE q.subject_id = %s ORDER BY q.id DESC LIMIT 1
        """,  # noqa: S608 - a constant
        (subject_id,),
        into=Standing,
    )


def standings(subject_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Return the latest question about each of several subjects that was asked about."""
    found = rows(
        f"""
        SELECT DISTINCT ON (q.subject_id) {_STANDING}
        FROM risk_request q LEFT JOIN risk_report r ON r.request_id = q.id
        WHERE q.subject_id = ANY(%s) ORDER BY q.subject_id, q.id DESC
        """,  # noqa: S608 - a constant
        (list(subject_ids),),
        into=Standing,
    )
    return {one.subject_id: one for one in found}


def report(report_id: UUID) -> Standing | None:
    """Return one report, however old."""
    return row(
        f"""
        SELECT {_STANDING} FROM risk_report r JOIN risk_request q ON q.id = r.request_id
        WHERE r.id = %s
        """,  # noqa: S608 - a constant
        (report_id,),
        into=Standing,
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question a source has not answered yet."""

    id: UUID
    subject_id: UUID
    asked_at: datetime
    attempts: int
    not_before: datetime
    trouble: str | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("rq", self.id)


def waiting(limit: int = 200) -> list[Waiting]:
    """Return the questions without an answer, the oldest first."""
    return rows(
        """
        SELECT id, subject_id, asked_at, attempts, not_before, trouble FROM risk_request
        WHERE closed_at IS NULL ORDER BY asked_at, id LIMIT %s
        """,
        (limit,),
        into=Waiting,
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """A report of the past with its input."""

    id: UUID
    version: int
    input: dict[str, int | None]
    outcome: str
    codes: Sequence[str]
    points: int
    grade: str
    at: datetime

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("rr", self.id)


def reports_since(since: datetime | None) -> Iterator[Stored]:
    """Yield all reports made since a moment, the oldest first, a batch in memory at a time."""
    after = UUID(int=0)
    while batch := rows(
        """
        SELECT id, version, input, outcome, codes, points, grade, at FROM risk_report
        WHERE id > %s AND (%s::timestamptz IS NULL OR at >= %s) ORDER BY id LIMIT %s
        """,
        (after, since, since, _BATCH),
        into=Stored,
    ):
        yield from batch
        after = batch[-1].id
