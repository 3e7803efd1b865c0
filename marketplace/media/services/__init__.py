"""Keeping pictures. Drawing them anew happens before, outside the transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.infra import files
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import PersonId, new_id
from marketplace.media import queries
from marketplace.media.encoding import CONTENT_TYPE, Drawn, redraw
from marketplace.media.models import Picture

ALT_MAX: Final = 300
DAILY_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture whose files are stored and whose row is not yet written."""

    width: int
    height: int
    keys: tuple[str, str, str]


def prepare(data: bytes) -> Kept:
    """Check and redraw what was sent and store the files; outside any transaction.

    Files are named by content, so one that no row ever points at costs only its bytes.
    """
    return store(redraw(data))


def store(drawn: Drawn) -> Kept:
    """Store the files of a redrawn picture; outside any transaction."""
    small, medium, large = (files.store(variant, CONTENT_TYPE) for variant in drawn.variants)
    return Kept(drawn.width, drawn.height, (small, medium, large))


@step
def add(owner_id: PersonId, kept: Kept, *, alt: str, focus: tuple[int, int], now: datetime) -> UUID:
    """Write the row of a prepared picture and return its id.

    A text that says what it shows is required, and nobody uploads more than 200 a day.
    """
    words = checked_alt(alt)
    if queries.count_since(owner_id, now - timedelta(days=1)) >= DAILY_MAX:
        raise Refusal("pictures_too_many", "picture", most=DAILY_MAX)
    small, medium, large = kept.keys
    picture = Picture(
        id=new_id(),
        owner_id=owner_id,
        alt=words,
        focus_x=_percent(focus[0]),
        focus_y=_percent(focus[1]),
        width=kept.width,
        height=kept.height,
        key_small=small,
        key_medium=medium,
        key_large=large,
        created_at=now,
    )
    db.session.add(picture)
    db.session.flush()
    return picture.id


@command
def keep(
    owner_id: PersonId, kept: Kept, *, alt: str, focus: tuple[int, int], now: datetime
) -> UUID:
    """Write the row of a prepared picture on its own; see `add`."""
    return add(owner_id, kept, alt=alt, focus=focus, now=now)


@step
def describe(picture_id: UUID, owner_id: PersonId, *, alt: str, focus: tuple[int, int]) -> None:
    """Change what a picture says and where it may be cropped; `NotFound` for other owners'."""
    queries.owned(picture_id, owner_id)
    execute(
        "UPDATE picture SET alt = %s, focus_x = %s, focus_y = %s WHERE id = %s",
        (checked_alt(alt), _percent(focus[0]), _percent(focus[1]), picture_id),
    )


def checked_alt(alt: str) -> str:
    """Return the alternative text, trimmed; `Refusal` when it is missing or endless."""
    words = " ".join(alt.split())
    if not words:
        raise Refusal("alt_missing", "alt")
    if len(words) > ALT_MAX:
        raise Refusal("alt_too_long", "alt", most=ALT_MAX)
    return words


def _percent(value: int) -> int:
    return min(100, max(0, value))
