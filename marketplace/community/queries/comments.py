"""What was said about something, with its replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.community.rules import Said
from marketplace.infra.database import rows, scalar
from marketplace.kernel.errors import NotFound

PAGE_SIZE: Final = 30
REPLIES_MAX: Final = 300  # shown below the comments of one page


class CommentRow(NamedTuple):
    """One comment, question or reply, with its author's name; hidden words are not read."""

    id: UUID
    subject_type: str
    subject_id: UUID
    parent_id: UUID | None
    author_id: UUID
    author: str
    kind: str
    body: str
    by_owner: bool
    posted_at: datetime
    answered_at: datetime | None
    hidden_at: datetime | None
    hidden_code: str | None


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment or question with its replies, oldest reply first."""

    first: CommentRow
    replies: Sequence[CommentRow]


_SELECT: Final = """
    SELECT c.id, c.subject_type, c.subject_id, c.parent_id, c.author_id, p.name AS author, c.kind,
        CASE WHEN c.hidden_at IS NULL THEN c.body ELSE '' END AS body, c.by_owner, c.posted_at,
        c.answered_at, c.hidden_at, c.hidden_code
    FROM comment c JOIN person p ON p.id = c.author_id
"""


def threads(
    subject_type: str, subject_id: UUID, kind: str, *, after: UUID | None = None
) -> tuple[list[Thread], UUID | None]:
    """Return a page of threads, latest first, and where the next page begins, if there is one."""
    sql = f"""
        {_SELECT} WHERE c.subject_type = %(type)s AND c.subject_id = %(id)s AND c.kind = %(kind)s
          AND c.parent_id IS NULL AND (%(after)s::uuid IS NULL OR c.id < %(after)s::uuid)
        ORDER BY c.id DESC LIMIT {PAGE_SIZE + 1}
    """
    params = {"type": subject_type, "id": subject_id, "kind": kind, "after": after}
    found = rows(sql, params, into=CommentRow)
    shown = found[:PAGE_SIZE]
    sql = f"{_SELECT} WHERE c.parent_id = ANY(%s) ORDER BY c.id LIMIT {REPLIES_MAX}"
    replies = rows(sql, ([one.id for one in shown],), into=CommentRow) if shown else []
    made = [Thread(one, [said for said in replies if said.parent_id == one.id]) for one in shown]
    return made, shown[-1].id if len(found) > PAGE_SIZE else None


def thread(comment_id: UUID) -> Thread:
    """Return one comment with its replies; a reply itself is `NotFound`."""
    first = comment(comment_id)
    if first.parent_id is not None:
        raise NotFound(str(comment_id))
    sql = f"{_SELECT} WHERE c.parent_id = %s ORDER BY c.id LIMIT {REPLIES_MAX}"
    return Thread(first, rows(sql, (comment_id,), into=CommentRow))


def comment(comment_id: UUID) -> CommentRow:
    """Return one comment; for who has made sure that it may be seen."""
    found = rows(f"{_SELECT} WHERE c.id = %s", (comment_id,), into=CommentRow)
    if not found:
        raise NotFound(str(comment_id))
    return found[0]


def words_of(comment_id: UUID) -> str:
    """Return what a comment says, hidden or not; for moderators."""
    return str(scalar("SELECT body FROM comment WHERE id = %s", (comment_id,)) or "")


def beside(subject_type: str, subject: str) -> str:
    """Return the SQL of a row: how much was said of something, and whether the reader follows it.

    It is a part of the question for the thing itself, whose id is `subject` there; the reader is
    the parameter `reader`, null where nobody is signed in, and so is `follows` then. Replies and
    hidden comments are not counted.
    """
    return f"""
        SELECT count(*) FILTER (WHERE kind = 'comment')::int AS comments,
            count(*) FILTER (WHERE kind = 'question')::int AS questions,
            CASE WHEN %(reader)s::uuid IS NOT NULL THEN EXISTS (SELECT FROM follow
                WHERE person_id = %(reader)s AND subject_type = '{subject_type}'
                    AND subject_id = {subject})
            END AS follows
        FROM comment WHERE subject_type = '{subject_type}' AND subject_id = {subject}
            AND parent_id IS NULL AND hidden_at IS NULL
    """  # noqa: S608 - our own names


def lately(author_id: UUID, now: datetime) -> list[Said]:
    """Return what a person said within a day before `now`, wherever it was."""
    sql = """
        SELECT posted_at AS at, body FROM comment
        WHERE author_id = %s AND posted_at > %s - interval '1 day'
    """
    return rows(sql, (author_id, now), into=Said)
