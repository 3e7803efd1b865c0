"""Questions about loans, with their answers. Nothing here says who asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id

SHOWN_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Question:
    """One question; what was hidden keeps its place and says why."""

    id: UUID
    loan_id: UUID
    asker_id: UUID
    borrower_id: UUID
    title: str
    question: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    hidden_at: datetime | None
    hidden_reason: str | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("qst", self.id)

    @property
    def loan_ref(self) -> str:
        """The loan's public id."""
        return public_id("ln", self.loan_id)


_QUESTION = """
    SELECT q.id, q.loan_id, q.asker_id, l.borrower_id, l.title, q.question, q.asked_at, q.answer,
        q.answered_at, q.hidden_at, q.hidden_reason
    FROM loan_question q JOIN loan l ON l.id = q.loan_id
"""


def about(loan_id: UUID) -> list[Question]:
    """Return the questions about a loan, oldest first."""
    sql = _QUESTION + "WHERE q.loan_id = %s ORDER BY q.id LIMIT %s"
    return rows(sql, (loan_id, SHOWN_MAX), into=Question)


def question(question_id: UUID) -> Question:
    """Return one question, hidden or not."""
    found = row(_QUESTION + "WHERE q.id = %s", (question_id,), into=Question)
    if found is None:
        raise NotFound(str(question_id))
    return found
