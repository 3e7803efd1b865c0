"""Who follows what."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from marketplace.infra.database import column, rows, scalar


class FollowRow(NamedTuple):
    """One thing a person follows, and since when."""

    subject_type: str
    subject_id: UUID
    at: datetime


def followed(person_id: UUID) -> list[FollowRow]:
    """Return what a person follows, latest first."""
    sql = """
        SELECT subject_type, subject_id, at FROM follow WHERE person_id = %s
        ORDER BY at DESC, subject_id LIMIT 500
    """
    return rows(sql, (person_id,), into=FollowRow)


def followers(subject_type: str, subject_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return some of those who follow it, by their ids."""
    sql = """
        SELECT person_id FROM follow WHERE subject_type = %(type)s AND subject_id = %(id)s
          AND (%(after)s::uuid IS NULL OR person_id > %(after)s::uuid)
        ORDER BY person_id LIMIT %(limit)s
    """
    params = {"type": subject_type, "id": subject_id, "after": after, "limit": limit}
    return column(sql, params)


def count(subject_type: str, subject_id: UUID) -> int:
    """Return how many follow it."""
    sql = "SELECT count(*) FROM follow WHERE subject_type = %s AND subject_id = %s"
    return int(scalar(sql, (subject_type, subject_id)))
