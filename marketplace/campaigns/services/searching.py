"""Keeping searches, and telling once a day what has begun."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.events.searching import SearchMatched
from marketplace.campaigns.queries import searches
from marketplace.campaigns.rules import one_line
from marketplace.campaigns.rules import searching as rules
from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, refuse_if
from marketplace.kernel.ids import new_id

_EVERY: Final = timedelta(hours=20)  # once a day, whatever minute the timetable comes by
_BATCH: Final = 200


@command
def save(
    actor: Actor, asked: Mapping[str, str], *, name: str, is_mailed: bool, now: datetime
) -> None:
    """Keep a search under a name; the same search again gets the new name.

    Refuses one that asks for nothing, and more than somebody can keep an eye on.
    """
    person_id, address, plain = actor.known(), rules.as_address(asked), one_line(name)
    changed = """
        UPDATE saved_search SET name = %s, is_mailed = %s WHERE person_id = %s AND asked = %s
    """
    others = searches.mine(person_id)
    is_known = any(each.asked == address for each in others)
    refuse_if(rules.save_refusals(plain, address, count=0 if is_known else len(others)))
    if execute(changed, (plain, is_mailed, person_id, address)):
        return
    execute(
        """
        INSERT INTO saved_search (id, person_id, name, asked, is_mailed, saved_at, told_until)
        VALUES (%(id)s, %(person)s, %(name)s, %(asked)s, %(mailed)s, %(now)s, %(now)s)
        ON CONFLICT (person_id, asked) DO NOTHING
        """,
        {
            "id": new_id(),
            "person": person_id,
            "name": plain,
            "asked": address,
            "mailed": is_mailed,
            "now": now,
        },
    )


@command
def mail_about(actor: Actor, search_id: UUID, *, is_mailed: bool, now: datetime) -> None:
    """Hear of one's own search by mail, from now on, or no more."""
    sql = """
        UPDATE saved_search SET is_mailed = %s, told_until = greatest(told_until, %s)
        WHERE id = %s AND person_id = %s
    """
    if not execute(sql, (is_mailed, now, search_id, actor.known())):
        raise NotFound(str(search_id))


@command
def forget(actor: Actor, search_id: UUID) -> None:
    """Keep one's own search no longer."""
    gone = "DELETE FROM saved_search WHERE id = %s AND person_id = %s"
    if not execute(gone, (search_id, actor.known())):
        raise NotFound(str(search_id))


@command
def tell(now: datetime) -> int:
    """Announce what has begun for some of those who are due; returns how many were looked at."""
    due = searches.lock_due(now - _EVERY, _BATCH)
    for each in due:
        if searches.begun_since(each, each.told_until):
            announce(SearchMatched(each.id, each.told_until))
    told = "UPDATE saved_search SET told_until = %s WHERE id = ANY(%s)"
    execute(told, (now, [each.id for each in due]))
    return len(due)
