"""What has changed beside a campaign's story since its launch: answers, steps of the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.queries.audiences import BACKING
from marketplace.community.queries import comments
from marketplace.community.queries.comments import CommentRow
from marketplace.community.rules import Kind
from marketplace.infra.database import column, row, rows, scalar
from marketplace.kernel.errors import NotFound

# What was taken from words that a moderator took off the page goes with them.
SHOWN: Final = """NOT EXISTS (SELECT FROM comment said
    WHERE said.id IN (f.question_id, f.answer_id) AND said.hidden_at IS NOT NULL)"""


class ToldRow(NamedTuple):
    """One change: of an answer its question and its words, of a step its title and its month."""

    at: datetime
    act: str
    before: list[str]
    after: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer, as its sponsor finds it; `said_at` is None while it is that of the launch."""

    position: int
    question: str
    answer: str
    said_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of the timeline, as its sponsor finds it."""

    position: int
    title: str
    month: date
    promised_month: date | None
    moved_at: datetime | None
    done_at: datetime | None


_ANSWERS: Final = f"""
    SELECT f.position, f.question, f.answer, coalesce(f.changed_at, f.added_at) AS said_at
    FROM faq_entry f WHERE f.campaign_id = %s AND {SHOWN}
"""  # noqa: S608 - our own constant


def answers(campaign_id: UUID) -> list[AnswerRow]:
    """Return the answers that are shown, in their order."""
    return rows(f"{_ANSWERS} ORDER BY f.position", (campaign_id,), into=AnswerRow)


def answer(campaign_id: UUID, position: int) -> AnswerRow:
    """Return one answer that is shown."""
    found = row(f"{_ANSWERS} AND f.position = %s", (campaign_id, position), into=AnswerRow)
    if found is None:
        raise NotFound(str(position))
    return found


def steps(campaign_id: UUID) -> list[StepRow]:
    """Return the steps of the timeline in the order of their months."""
    sql = """
        SELECT position, title, month, promised_month, moved_at, done_at FROM timeline_step
        WHERE campaign_id = %s ORDER BY month, position
    """
    return rows(sql, (campaign_id,), into=StepRow)


def changes(campaign_id: UUID, limit: int = 200) -> list[ToldRow]:
    """Return what has changed, latest first; for everybody."""
    sql = f"""
        SELECT t.at, t.act, t.before, t.after, t.reason FROM told_change t
        WHERE t.campaign_id = %s AND (t.act NOT IN ('answered', 'reworded')
            OR EXISTS (SELECT FROM faq_entry f
                WHERE f.campaign_id = t.campaign_id AND f.position = t.position AND {SHOWN}))
        ORDER BY t.at DESC, t.id DESC LIMIT %s
    """  # noqa: S608 - our own constant
    return rows(sql, (campaign_id, limit), into=ToldRow)


def moved_at(campaign_id: UUID, at: datetime) -> list[ToldRow]:
    """Return the steps that were moved at this moment, in their order."""
    sql = """
        SELECT at, act, before, after, reason FROM told_change
        WHERE campaign_id = %s AND act = 'moved' AND at = %s ORDER BY position
    """
    return rows(sql, (campaign_id, at), into=ToldRow)


def moves_since(campaign_id: UUID, moment: datetime) -> int:
    """Return how often steps were moved after a moment; those moved together count once."""
    sql = """
        SELECT count(DISTINCT at) FROM told_change
        WHERE campaign_id = %s AND act = 'moved' AND at > %s
    """
    return int(scalar(sql, (campaign_id, moment)))


def taken_over(campaign_id: UUID) -> set[UUID]:
    """Return the questions that stand among the answers."""
    sql = "SELECT question_id FROM faq_entry WHERE campaign_id = %s AND question_id IS NOT NULL"
    return set(column(sql, (campaign_id,)))


def backers(campaign_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return some of those who back a campaign, by their ids, each once."""
    sql = """
        SELECT DISTINCT backer_id FROM pledge
        WHERE campaign_id = %(campaign)s AND state = ANY(%(states)s)
            AND (%(after)s::uuid IS NULL OR backer_id > %(after)s::uuid)
        ORDER BY backer_id LIMIT %(limit)s
    """
    facts = {"campaign": campaign_id, "states": list(BACKING), "after": after, "limit": limit}
    return column(sql, facts)


def asked(campaign_id: UUID, comment_id: UUID) -> tuple[CommentRow, CommentRow | None]:
    """Return a question about this campaign and the answer of who makes it, if there is one.

    What a moderator took off the page is `NotFound`, and answers nothing.
    """
    thread = comments.thread(comment_id)
    first = thread.first
    about = (first.subject_type, first.subject_id, first.kind)
    if about != ("campaign", campaign_id, Kind.QUESTION.value) or first.hidden_code:
        raise NotFound(str(comment_id))
    given = (each for each in thread.replies if each.by_owner and not each.hidden_code)
    return first, next(given, None)
