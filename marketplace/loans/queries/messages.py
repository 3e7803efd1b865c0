"""What borrowers and reviewers wrote to each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.database import column, row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread."""

    id: UUID
    loan_id: UUID
    author_id: UUID
    author_name: str
    side: str
    kind: str
    body: str
    at: datetime
    read_at: datetime | None


_MESSAGE = """
    SELECT m.id, m.loan_id, m.author_id, p.name AS author_name, m.side, m.kind, m.body, m.at,
        m.read_at
    FROM loan_message m JOIN person p ON p.id = m.author_id
"""


def thread(loan_id: UUID, *, limit: int = 200) -> list[Message]:
    """Return the newest messages about a request, in the order in which they were written."""
    sql = _MESSAGE + "WHERE m.loan_id = %s ORDER BY m.id DESC LIMIT %s"
    return rows(sql, (loan_id, limit), into=Message)[::-1]


def message(message_id: UUID) -> Message:
    """Return one message."""
    found = row(_MESSAGE + "WHERE m.id = %s", (message_id,), into=Message)
    if found is None:
        raise NotFound(str(message_id))
    return found


def unread(loan_id: UUID, side: str) -> int:
    """Return how many messages `side` wrote that nobody of the other side has opened."""
    sql = "SELECT count(*) FROM loan_message WHERE loan_id = %s AND side = %s AND read_at IS NULL"
    return int(scalar(sql, (loan_id, side)))


def reviewers_in(loan_id: UUID) -> list[UUID]:
    """Return the reviewers who wrote or decided in a case."""
    return column(
        """
        SELECT author_id FROM loan_message WHERE loan_id = %(loan)s AND side = 'reviewer'
        UNION SELECT reviewer_id FROM loan_review WHERE loan_id = %(loan)s
        """,
        {"loan": loan_id},
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thread in which borrowers wrote something nobody has opened."""

    loan_id: UUID
    title: str
    state: str
    second_look: bool
    count: int
    since: datetime

    @property
    def ref(self) -> str:
        """The public id of the loan."""
        return public_id("ln", self.loan_id)


def waiting(*, limit: int = 100) -> list[Waiting]:
    """Return the threads that wait for a reviewer, the longest waiting first."""
    return rows(
        """
        SELECT m.loan_id, l.title, l.state, bool_or(m.kind = 'second_look') AS second_look,
            count(*) AS count, min(m.at) AS since
        FROM loan_message m JOIN loan l ON l.id = m.loan_id
        WHERE m.side = 'borrower' AND m.read_at IS NULL
        GROUP BY m.loan_id, l.title, l.state ORDER BY since, m.loan_id LIMIT %s
        """,
        (limit,),
        into=Waiting,
    )


def waiting_count() -> int:
    """Return how many threads wait for a reviewer."""
    return int(
        scalar(
            """
            SELECT count(DISTINCT loan_id) FROM loan_message
            WHERE side = 'borrower' AND read_at IS NULL
            """
        )
    )
