"""Following a mailed link: the address is theirs, or they choose a new password."""

from __future__ import annotations

from datetime import datetime

from marketplace.identity import queries
from marketplace.identity.events import PersonConfirmed
from marketplace.identity.gateway import Letter, Write
from marketplace.identity.rules import hashing, passwords
from marketplace.identity.services import asking, post, sessions
from marketplace.infra import audit
from marketplace.infra.commands import command, step
from marketplace.infra.database import execute
from marketplace.infra.events import announce
from marketplace.infra.settings import current_settings
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import PersonId, new_id


@command
def confirm_email(token: str, *, now: datetime) -> PersonId:
    """Confirm the address a link was mailed to; the link works once."""
    person_id = post.spend(token, "confirm", now=now)
    confirm(person_id, now=now)
    return person_id


@step
def confirm(person_id: PersonId, *, now: datetime) -> None:
    """Note that the address is the person's and tell the floors above, once."""
    sql = "UPDATE person SET confirmed_at = %s WHERE id = %s AND confirmed_at IS NULL"
    if execute(sql, (now, person_id)):
        audit.record(Actor(person_id, label="self"), "confirmed", "person", person_id, at=now)
        announce(PersonConfirmed(person_id))


def reset_password(
    token: str, password: str, *, now: datetime, at: datetime, write: Write
) -> PersonId:
    """Set a new password for whose link it is; ends all their sessions.

    Refuses a spent link and a bad password, which does not spend the link.
    """
    found = queries.link("reset", token, now=now)
    if found is None:
        raise Refusal("link_spent")
    passwords.check(
        password, context=asking.context_words(found.email, found.name), field="new_password"
    )
    return _reset(token, hashing.hashed(password), found, now=now, at=at, write=write)


@command
def _reset(
    token: str,
    password_hash: str,
    found: queries.LinkRow,
    *,
    now: datetime,
    at: datetime,
    write: Write,
) -> PersonId:
    person_id = post.spend(token, "reset", now=now)
    set_password(person_id, password_hash, now=now)
    confirm(person_id, now=now)  # they read mail sent to this address
    post.spend_all(person_id, "confirm", now=now)
    sessions.end_all(person_id, at=at)
    audit.record(Actor(person_id, label="self"), "password_reset", "person", person_id, at=now)
    tell_password_changed(found.email, found.locale, person_id, write=write)
    return person_id


@step
def set_password(person_id: PersonId, password_hash: str, *, now: datetime) -> None:
    """Replace the password; links to reset it stop working."""
    execute(
        "UPDATE person SET password_hash = %s, is_guest = false WHERE id = %s",
        (password_hash, person_id),
    )
    post.spend_all(person_id, "reset", now=now)


@step
def tell_password_changed(
    email: str, locale: str | None, person_id: PersonId, *, write: Write
) -> None:
    """Mail the owner that the password is another one now, in case it was not them."""
    letter = Letter("password_changed", locale, {"reset": f"{current_settings().site_url}/reset"})
    post.send(write, letter, to_address=email, key=f"password:{new_id()}", person_id=person_id)
