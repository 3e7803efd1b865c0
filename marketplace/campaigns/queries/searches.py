"""Searches that people keep, and what has begun since they were last told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

from marketplace.campaigns.queries import listing
from marketplace.campaigns.queries.listing import Listed, Wanted
from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class SearchRow:
    """One search that is kept; `asked` is how it stands in an address."""

    id: UUID
    person_id: UUID
    name: str
    asked: str
    is_mailed: bool
    told_until: datetime

    @property
    def wanted(self) -> Wanted:
        """What it asks the list for."""
        return Wanted.read(dict(parse_qsl(self.asked)))


_SELECT: Final = "SELECT id, person_id, name, asked, is_mailed, told_until FROM saved_search"


def mine(person_id: UUID) -> list[SearchRow]:
    """Return the searches a person keeps, the latest first."""
    sql = f"{_SELECT} WHERE person_id = %s ORDER BY saved_at DESC, id DESC"
    return rows(sql, (person_id,), into=SearchRow)


def search(search_id: UUID) -> SearchRow:
    """Return one search."""
    found = row(f"{_SELECT} WHERE id = %s", (search_id,), into=SearchRow)
    if found is None:
        raise NotFound(str(search_id))
    return found


def lock_due(until: datetime, limit: int) -> list[SearchRow]:
    """Return some of the mailed searches that were last told of before `until`, locked.

    Those that somebody else is telling of just now are left out.
    """
    sql = f"""
        {_SELECT} WHERE is_mailed AND told_until <= %s
        ORDER BY told_until, id LIMIT %s FOR UPDATE SKIP LOCKED
    """
    return rows(sql, (until, limit), into=SearchRow)


def begun_since(found: SearchRow, since: datetime) -> list[Listed]:
    """Return the latest open projects that a search finds and that began after `since`."""
    wanted = replace(found.wanted, state="open", sort="newest")
    return [each for each in listing.find(wanted).campaigns if each.launched_at > since]
