"""What is on the map of the site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.states import PUBLIC
from marketplace.infra.database import rows, scalar


@dataclass(frozen=True, slots=True)
class MapRow:
    """One public campaign and when it last changed."""

    id: UUID
    changed_at: datetime


# What was suspended is seen by whoever knows where it is, and shown to nobody else.
_MAPPED: Final = "state = ANY(%(states)s) AND suspended_at IS NULL"


def map_parts(size: int) -> int:
    """Return into how many parts of `size` campaigns the map is cut."""
    sql = f"SELECT (count(*) + %(more)s) / %(size)s FROM campaign WHERE {_MAPPED}"  # noqa: S608 - our own clause
    return int(scalar(sql, {"size": size, "more": size - 1, "states": list(PUBLIC)}))


def map_part(number: int, size: int) -> list[MapRow]:
    """Return the campaigns of one part, oldest first, so that parts stay what they are."""
    sql = f"""
        SELECT id, greatest(changed_at, decided_at, ended_at) AS changed_at FROM campaign
        WHERE {_MAPPED} ORDER BY id LIMIT %(size)s OFFSET %(skip)s
    """  # noqa: S608 - our own clause
    facts = {"states": list(PUBLIC), "size": size, "skip": (number - 1) * size}
    return rows(sql, facts, into=MapRow)
