"""What people change about themselves: name, password, language, colours."""

from __future__ import annotations

from datetime import datetime

from marketplace.identity import queries
from marketplace.identity.gateway import Write
from marketplace.identity.queries import SignedIn
from marketplace.identity.rules import hashing, passwords, people
from marketplace.identity.services import asking, confirming, guesses, sessions
from marketplace.identity.services.sessions import Browser, Entry
from marketplace.infra import audit
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import PersonId


@command
def rename(person_id: PersonId, name: str, *, now: datetime) -> str:
    """Change the person's name and return it as written down."""
    clean = people.clean_name(name)
    if not execute("UPDATE person SET name = %s WHERE id = %s", (clean, person_id)):
        raise NotFound(str(person_id))
    audit.record(Actor(person_id, label="self"), "renamed", "person", person_id, at=now)
    return clean


@command
def prefer_theme(person_id: PersonId, theme: str) -> None:
    """Remember light, dark or as the device says; anything else is refused."""
    if theme not in people.THEMES:
        raise Refusal("theme_unknown", "theme")
    execute("UPDATE person SET theme = %s WHERE id = %s", (theme, person_id))


@command
def prefer_language(person_id: PersonId, tag: str) -> None:
    """Remember a language; the edge knows which tags the site speaks."""
    execute("UPDATE person SET locale = %s WHERE id = %s", (tag, person_id))


def change_password(
    user: SignedIn,
    *,
    current: str,
    chosen: str,
    browser: Browser,
    now: datetime,
    at: datetime,
    write: Write,
) -> Entry:
    """Replace the password; ends all sessions and returns a fresh one for this browser.

    The current password is asked for again, and guessing it from an open session is slowed
    down like guessing it at the door.
    """
    account = guesses.account_key(user.email)
    device = f"session:{user.session_id}"
    attempt = guesses.reserve(account, address=browser.address, device=device, at=at)
    found = queries.credentials_of(user.person_id)
    db.session.rollback()  # hashing takes its time: no connection is held meanwhile
    if found is None or not hashing.matches(current, found.password_hash):
        raise Refusal("password_wrong", "password")
    context = asking.context_words(user.email, user.name)
    if current == chosen:
        raise Refusal("password_same", "new_password")
    passwords.check(chosen, context=context, field="new_password")
    fresh = hashing.hashed(chosen)
    return _change(user, attempt, fresh, browser, now=now, at=at, write=write)


@command
def _change(
    user: SignedIn,
    attempt: int,
    password_hash: str,
    browser: Browser,
    *,
    now: datetime,
    at: datetime,
    write: Write,
) -> Entry:
    guesses.forgive(attempt)
    confirming.set_password(user.person_id, password_hash, now=now)
    sessions.end_all(user.person_id, at=at)
    audit.record(user.as_actor(), "password_changed", "person", user.person_id, at=now)
    confirming.tell_password_changed(user.email, user.locale, user.person_id, write=write)
    return sessions.begin(user.person_id, browser, at=at)
