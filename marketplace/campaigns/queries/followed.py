"""What a person follows, in the words of campaigns."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from marketplace.infra.database import rows


class Followed(NamedTuple):
    """A campaign that is followed."""

    id: UUID
    title: str
    state: str
    deadline: datetime | None


class FollowedSponsor(NamedTuple):
    """A sponsor who is followed, and how many campaigns of theirs run now."""

    id: UUID
    name: str
    live: int


def campaigns(person_id: UUID) -> list[Followed]:
    """Return the campaigns a person follows, latest first."""
    sql = """
        SELECT c.id, c.title, c.state, c.deadline
        FROM follow f JOIN campaign c ON c.id = f.subject_id
        WHERE f.person_id = %s AND f.subject_type = 'campaign' ORDER BY f.at DESC, c.id LIMIT 500
    """
    return rows(sql, (person_id,), into=Followed)


def sponsors(person_id: UUID) -> list[FollowedSponsor]:
    """Return the sponsors a person follows, latest first."""
    sql = """
        SELECT p.id, p.name, (SELECT count(*) FROM campaign c
            WHERE c.sponsor_id = p.id AND c.state = 'live')::int AS live
        FROM follow f JOIN person p ON p.id = f.subject_id
        WHERE f.person_id = %s AND f.subject_type = 'sponsor' ORDER BY f.at DESC, p.id LIMIT 500
    """
    return rows(sql, (person_id,), into=FollowedSponsor)
