"""Reads: persons, sessions, links and the staff list, as frozen rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from marketplace.identity.rules import lifetimes, roles
from marketplace.infra.crypto import digest
from marketplace.infra.database import driver, row, rows
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import PersonId

_PERSON = """
    SELECT p.id, p.email::text AS email, p.name, p.confirmed_at, p.locale, p.theme, p.created_at,
           r.role AS staff_role
    FROM person p LEFT JOIN person_role r ON r.person_id = p.id
"""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as other packages may see one. `staff_role` is None for members."""

    id: PersonId
    email: str
    name: str
    confirmed_at: datetime | None
    locale: str | None
    theme: str
    created_at: datetime
    staff_role: str | None

    @property
    def roles(self) -> frozenset[str]:
        """All roles; none before the address is confirmed."""
        return roles.of(self.staff_role) if self.confirmed_at else frozenset()

    def as_actor(self) -> Actor:
        """Return the person as the one who acts (builders, demo world, operators)."""
        return Actor(self.id, self.roles, self.name)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person of this request and the session they came with, as Flask-Login wants it."""

    person_id: PersonId
    name: str
    email: str
    staff_role: str | None
    locale: str | None
    theme: str
    session_id: UUID
    last_seen_at: datetime

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Return Flask-Login's name for the user: the session's id, never the cookie."""
        return str(self.session_id)

    @property
    def roles(self) -> frozenset[str]:
        """All roles held right now."""
        return roles.of(self.staff_role)

    def as_actor(self) -> Actor:
        """Return the person as the one who acts."""
        return Actor(self.person_id, self.roles, self.name)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signing in compares with."""

    id: PersonId
    password_hash: str
    confirmed_at: datetime | None
    locale: str | None
    theme: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in browser of a person."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    """Whom a mailed link, still good, belongs to."""

    person_id: PersonId
    email: str
    name: str
    locale: str | None


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation; `inviter` is None when an operator typed it."""

    id: UUID
    email: str
    role: str
    inviter: str | None
    invited_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some people, newest first, and where the older ones begin."""

    people: list[PersonRow]
    older_than: UUID | None


def person(person_id: UUID) -> PersonRow | None:
    """Return the person, or None."""
    return row(_PERSON + " WHERE p.id = %s", (person_id,), into=PersonRow)


def actor(person_id: UUID) -> Actor:
    """Return the person as the one who acts; somebody unknown is `NotFound`."""
    found = person(person_id)
    if found is None:
        raise NotFound(str(person_id))
    return found.as_actor()


def by_email(email: str) -> PersonRow | None:
    """Return the person with that address, in any letter case, or None."""
    return row(_PERSON + " WHERE p.email = %s::citext", (email,), into=PersonRow)


def names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of the persons `ids`, by id."""
    sql = "SELECT id, name FROM person WHERE id = ANY(%s)"
    return dict(driver().execute(sql, (list(ids),)).fetchall())


def staff(role: str) -> list[PersonRow]:
    """Return everyone who holds the staff role `role`, by name."""
    return rows(_PERSON + " WHERE r.role = %s ORDER BY p.name, p.id", (role,), into=PersonRow)


def people(
    *, search: str = "", role: str = "", older_than: UUID | None = None, limit: int = 50
) -> PeoplePage:
    """Return people, newest first, whose name or address contains `search`.

    `role` narrows to one staff role, `staff` to all of them.
    """
    sql = (
        _PERSON
        + """
        WHERE (%(search)s = '' OR lower(p.name || ' ' || p.email::text) LIKE %(pattern)s)
          AND (%(role)s = '' OR r.role = %(role)s OR (%(role)s = 'staff' AND r.role IS NOT NULL))
          AND (%(older)s::uuid IS NULL OR p.id < %(older)s::uuid)
        ORDER BY p.id DESC LIMIT %(limit)s
        """
    )
    wanted = search.strip().lower()
    pattern = wanted.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    facts = {"search": wanted, "pattern": f"%{pattern}%", "role": role, "older": older_than}
    found = rows(sql, {**facts, "limit": limit + 1}, into=PersonRow)
    more = found[limit - 1].id if len(found) > limit else None
    return PeoplePage(found[:limit], more)


_CREDENTIALS = "SELECT id, password_hash, confirmed_at, locale, theme FROM person"


def credentials(email: str) -> Credentials | None:
    """Return what a sign-in with `email` is compared with, or None."""
    return row(_CREDENTIALS + " WHERE email = %s::citext", (email,), into=Credentials)


def credentials_of(person_id: UUID) -> Credentials | None:
    """Return what a password typed by `person_id` is compared with, or None."""
    return row(_CREDENTIALS + " WHERE id = %s", (person_id,), into=Credentials)


def signed_in(token: str, *, at: datetime) -> SignedIn | None:
    """Return who holds the session cookie `token` at the real time `at`; one query.

    The staff role is read with it, so that a change holds from the next request on.
    """
    return row(
        """
        SELECT s.id AS session_id, s.last_seen_at, p.id AS person_id, p.name,
               p.email::text AS email, p.locale, p.theme, r.role AS staff_role
        FROM login_session s
        JOIN person p ON p.id = s.person_id
        LEFT JOIN person_role r ON r.person_id = p.id
        WHERE s.token_digest = %(digest)s AND s.revoked_at IS NULL
          AND s.expires_at > %(at)s AND s.last_seen_at > %(idle)s
          AND (r.role IS NULL OR s.created_at > %(staff)s)
        """,
        {"digest": digest(token), **_limits(at)},
        into=SignedIn,
    )


def sessions(person_id: UUID, *, at: datetime) -> list[SessionRow]:
    """Return the sessions of a person that are still good at `at`, latest use first."""
    return rows(
        """
        SELECT s.id, s.created_at, s.last_seen_at, s.user_agent, s.address
        FROM login_session s LEFT JOIN person_role r ON r.person_id = s.person_id
        WHERE s.person_id = %(person)s AND s.revoked_at IS NULL
          AND s.expires_at > %(at)s AND s.last_seen_at > %(idle)s
          AND (r.role IS NULL OR s.created_at > %(staff)s)
        ORDER BY s.last_seen_at DESC, s.id DESC LIMIT 200
        """,
        {"person": person_id, **_limits(at)},
        into=SessionRow,
    )


def link(purpose: str, token: str, *, now: datetime) -> LinkRow | None:
    """Return whose link `token` is while it is good for `purpose` (confirm, reset)."""
    return row(
        """
        SELECT p.id AS person_id, p.email::text AS email, p.name, p.locale
        FROM mailed_link l JOIN person p ON p.id = l.person_id
        WHERE l.token_digest = %s AND l.purpose = %s AND l.used_at IS NULL AND l.expires_at > %s
        """,
        (digest(token), purpose, now),
        into=LinkRow,
    )


_INVITATION = """
    SELECT i.id, i.email::text AS email, i.role, p.name AS inviter, i.invited_at, i.expires_at
    FROM staff_invitation i LEFT JOIN person p ON p.id = i.invited_by
    WHERE i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > %(now)s
"""


def invitation(token: str, *, now: datetime) -> InvitationRow | None:
    """Return the invitation behind `token` while it can be accepted."""
    facts = {"digest": digest(token), "now": now}
    return row(_INVITATION + " AND i.token_digest = %(digest)s", facts, into=InvitationRow)


def open_invitations(*, now: datetime) -> list[InvitationRow]:
    """Return the invitations nobody has accepted yet, newest first."""
    return rows(_INVITATION + " ORDER BY i.id DESC LIMIT 100", {"now": now}, into=InvitationRow)


def _limits(at: datetime) -> dict[str, datetime | timedelta]:
    return {
        "at": at,
        "idle": at - lifetimes.MEMBER_IDLE,
        "staff": at - lifetimes.STAFF_ABSOLUTE,
    }
