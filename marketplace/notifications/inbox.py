"""The inbox: what was written to a person, to be read on the site."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra.commands import command, step
from marketplace.infra.database import Model, execute, rows, scalar
from marketplace.kernel.ids import new_id

PAGE_SIZE: Final = 30


class InboxMessage(Model):
    """One message. `key` makes a second one about the same a no-op."""

    __tablename__ = "inbox_message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(unique=True)
    topic: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    action: Mapped[str]
    label: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MessageRow(NamedTuple):
    """One message as its reader sees it."""

    id: UUID
    topic: str
    subject: str
    body: str
    action: str
    label: str
    at: datetime
    read_at: datetime | None


@step
def put(
    person_id: UUID,
    key: str,
    *,
    topic: str,
    subject: str,
    paragraphs: Sequence[str],
    action: str,
    label: str,
    now: datetime,
) -> None:
    """Put a message into a person's inbox, once per `key`."""
    execute(
        """
        INSERT INTO inbox_message (id, person_id, key, topic, subject, body, action, label, at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING
        """,
        (new_id(), person_id, key, topic, subject, "\n\n".join(paragraphs), action, label, now),
    )


def messages(person_id: UUID, *, after: UUID | None = None) -> tuple[list[MessageRow], UUID | None]:
    """Return a page of a person's messages, latest first, and where the next one begins."""
    sql = """
        SELECT id, topic, subject, body, action, label, at, read_at FROM inbox_message
        WHERE person_id = %(person)s AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
        ORDER BY id DESC LIMIT %(limit)s
    """
    params = {"person": person_id, "after": after, "limit": PAGE_SIZE + 1}
    found = rows(sql, params, into=MessageRow)
    shown = found[:PAGE_SIZE]
    return shown, shown[-1].id if len(found) > PAGE_SIZE else None


def unread(person_id: UUID) -> int:
    """Return how many messages a person has not read."""
    sql = "SELECT count(*) FROM inbox_message WHERE person_id = %s AND read_at IS NULL"
    return int(scalar(sql, (person_id,)))


@command
def read_all(person_id: UUID, now: datetime) -> None:
    """Mark all of a person's messages as read."""
    execute(
        "UPDATE inbox_message SET read_at = %s WHERE person_id = %s AND read_at IS NULL",
        (now, person_id),
    )
