"""What sponsors ask their backers, and what these answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.infra.database import column, rows


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as its sponsor sees it: of whom, since when, and how many have answered."""

    id: UUID
    title: str
    choices: list[str]
    is_required: bool
    asked_at: datetime | None
    reward_title: str | None
    answers: int


def questions(campaign_id: UUID) -> list[QuestionRow]:
    """Return the questions of a campaign in the order in which they were written."""
    sql = """
        SELECT q.id, q.title, q.choices, q.is_required, q.asked_at, r.title AS reward_title,
            (SELECT count(*) FROM survey_answer a WHERE a.question_id = q.id)::int AS answers
        FROM survey_question q LEFT JOIN reward r ON r.id = q.reward_id
        WHERE q.campaign_id = %s ORDER BY q.written_at, q.id
    """
    return rows(sql, (campaign_id,), into=QuestionRow)


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A question as a backer sees it, with their answer; empty where there is none."""

    id: UUID
    title: str
    choices: list[str]
    is_required: bool
    answer: str


# Of a pledge `p` a question `q` is asked that is asked of all, or of a reward it is for.
ASKED: Final = """
    q.asked_at IS NOT NULL AND (q.reward_id IS NULL OR EXISTS (SELECT FROM pledge_line l
        WHERE l.pledge_id = p.id AND l.reward_id = q.reward_id))
"""
# Whether something is asked of a pledge `p` that was not answered, and has to be.
UNANSWERED: Final = f"""
    EXISTS (SELECT FROM survey_question q
        WHERE q.campaign_id = p.campaign_id AND q.is_required AND {ASKED}
            AND NOT EXISTS (SELECT FROM survey_answer a
                WHERE a.question_id = q.id AND a.pledge_id = p.id))
"""  # noqa: S608 - our own constant


def asked_of(pledge_id: UUID) -> list[AskedRow]:
    """Return what is asked of a pledge's backer, in order."""
    sql = f"""
        SELECT q.id, q.title, q.choices, q.is_required, coalesce(a.answer, '') AS answer
        FROM pledge p JOIN survey_question q ON q.campaign_id = p.campaign_id
        LEFT JOIN survey_answer a ON a.question_id = q.id AND a.pledge_id = p.id
        WHERE p.id = %s AND {ASKED} ORDER BY q.written_at, q.id
    """  # noqa: S608 - our own constant
    return rows(sql, (pledge_id,), into=AskedRow)


class _Answer(NamedTuple):
    pledge_id: UUID
    question_id: UUID
    answer: str


def answers(campaign_id: UUID) -> dict[UUID, dict[UUID, str]]:
    """Return what was answered, by pledge and question: for who sends it."""
    sql = """
        SELECT a.pledge_id, a.question_id, a.answer FROM survey_answer a
        JOIN survey_question q ON q.id = a.question_id WHERE q.campaign_id = %s
    """
    found: dict[UUID, dict[UUID, str]] = {}
    for each in rows(sql, (campaign_id,), into=_Answer):
        found.setdefault(each.pledge_id, {})[each.question_id] = each.answer
    return found


def asked_at(campaign_id: UUID, moment: datetime, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return the pledges whose backers were asked something at a moment, a batch at a time."""
    sql = f"""
        SELECT p.id FROM fulfilment f JOIN pledge p ON p.id = f.pledge_id
        WHERE f.campaign_id = %(campaign)s AND f.state IN ('to_ship', 'owed')
            AND (%(after)s::uuid IS NULL OR p.id > %(after)s)
            AND EXISTS (SELECT FROM survey_question q
                WHERE q.campaign_id = p.campaign_id AND q.asked_at = %(at)s AND {ASKED})
        ORDER BY p.id LIMIT %(limit)s
    """  # noqa: S608 - our own constant
    facts = {"campaign": campaign_id, "at": moment, "after": after, "limit": limit}
    return column(sql, facts)
