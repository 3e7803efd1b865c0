"""Coming in as a guest: a mailed link instead of a password.

The link proves the mailbox, so the address is confirmed by it. Whoever has a password signs in
with that; a guest can choose one later, as everybody who does not know theirs.
"""

from __future__ import annotations

from datetime import datetime

from marketplace.identity.rules import hashing
from marketplace.identity.services import confirming, post, sessions
from marketplace.identity.services.sessions import Browser, Entry
from marketplace.infra.commands import command, step
from marketplace.infra.crypto import digest, random_token
from marketplace.infra.database import execute, scalar
from marketplace.kernel.ids import PersonId

HOME = "/"


@command
def enter(token: str, browser: Browser, *, now: datetime, at: datetime) -> tuple[Entry, str]:
    """Begin a guest's session by a mailed link, which works once; returns where they were going."""
    known = "SELECT next_path FROM mailed_link WHERE token_digest = %s"
    next_path = scalar(known, (digest(token),))
    person_id = post.spend(token, "guest", now=now)
    confirming.confirm(person_id, now=now)
    post.spend_all(person_id, "confirm", now=now)
    return sessions.begin(person_id, browser, at=at), str(next_path or HOME)


def no_password() -> str:
    """Return a hash that fits nothing anybody can type."""
    return hashing.hashed(random_token())


@step
def make_guest(person_id: PersonId, password_hash: str) -> None:
    """Let a person whose address was never confirmed be a guest: no password typed before holds."""
    execute(
        "UPDATE person SET is_guest = true, password_hash = %s WHERE id = %s",
        (password_hash, person_id),
    )
