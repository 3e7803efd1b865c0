"""Sessions: a random cookie, its digest in a table, an end that holds at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.identity.models import LoginSession
from marketplace.identity.rules import lifetimes
from marketplace.infra.commands import command, step
from marketplace.infra.crypto import digest, random_token
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import PersonId, new_id

_USER_AGENT_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a session is used from: the socket's address and what the browser calls itself."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A session just begun. `token` goes into the cookie and nowhere else."""

    token: str
    session_id: UUID
    person_id: PersonId
    expires_at: datetime


@step
def begin(person_id: PersonId, browser: Browser, *, at: datetime) -> Entry:
    """Begin a session for a person; its token is always a fresh one."""
    token, session_id = random_token(), new_id()
    staff = scalar("SELECT 1 FROM person_role WHERE person_id = %s", (person_id,)) is not None
    expires_at = lifetimes.session_end(at, staff=staff)
    words = "".join(letter if letter.isprintable() else " " for letter in browser.user_agent)
    db.session.add(
        LoginSession(
            id=session_id,
            token_digest=digest(token),
            person_id=person_id,
            created_at=at,
            last_seen_at=at,
            expires_at=expires_at,
            user_agent=words[:_USER_AGENT_MAX],
            address=browser.address,
            revoked_at=None,
        )
    )
    return Entry(token, session_id, person_id, expires_at)


@command
def begin_for(person_id: PersonId, browser: Browser, *, at: datetime) -> Entry:
    """Begin a session without a password: for tests and for who just proved the mailbox."""
    return begin(person_id, browser, at=at)


@command
def touch(session_id: UUID, *, at: datetime) -> None:
    """Note that a session is in use; of several at once, one writes."""
    execute(
        "UPDATE login_session SET last_seen_at = %(at)s"
        " WHERE id = %(id)s AND last_seen_at <= %(before)s",
        {"id": session_id, "at": at, "before": at - lifetimes.SEEN_EVERY},
    )


@command
def sign_out(token: str, *, at: datetime) -> None:
    """End the session of this cookie, so that a copy of it is worth nothing."""
    execute(
        "UPDATE login_session SET revoked_at = %s WHERE token_digest = %s AND revoked_at IS NULL",
        (at, digest(token)),
    )


@command
def end_session(person_id: PersonId, session_id: UUID, *, at: datetime) -> None:
    """End one of the person's own sessions; anybody else's is `NotFound`."""
    ended = execute(
        "UPDATE login_session SET revoked_at = %s"
        " WHERE id = %s AND person_id = %s AND revoked_at IS NULL",
        (at, session_id, person_id),
    )
    if not ended:
        raise NotFound(str(session_id))


@command
def end_other_sessions(person_id: PersonId, *, keep: UUID, at: datetime) -> int:
    """End all sessions of the person but `keep`; returns how many."""
    return end_all(person_id, keep=keep, at=at)


@command
def end_all_sessions(person_id: PersonId, *, at: datetime) -> int:
    """End all sessions of the person; returns how many."""
    return end_all(person_id, at=at)


@step
def end_all(person_id: PersonId, *, at: datetime, keep: UUID | None = None) -> int:
    """End the sessions of the person, `keep` excepted; returns how many."""
    return execute(
        "UPDATE login_session SET revoked_at = %(at)s"
        " WHERE person_id = %(person)s AND revoked_at IS NULL"
        " AND id IS DISTINCT FROM %(keep)s::uuid",
        {"at": at, "person": person_id, "keep": keep},
    )
