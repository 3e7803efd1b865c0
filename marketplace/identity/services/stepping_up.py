"""Asking for the password once more, before something that cannot be taken back."""

from __future__ import annotations

from datetime import datetime

from marketplace.identity import queries
from marketplace.identity.queries import SignedIn
from marketplace.identity.rules import hashing
from marketplace.identity.services import guesses
from marketplace.identity.services.sessions import Browser
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.kernel.errors import Refusal


def insist(user: SignedIn, password: str, *, browser: Browser, at: datetime) -> None:
    """Refuse unless the signed-in person has just typed their password right.

    Guessing it from an open session is slowed down like guessing it at the door.
    """
    account = guesses.account_key(user.email)
    device = f"session:{user.session_id}"
    attempt = guesses.reserve(account, address=browser.address, device=device, at=at)
    found = queries.credentials_of(user.person_id)
    db.session.rollback()  # hashing takes its time: no connection is held meanwhile
    if found is None or not hashing.matches(password, found.password_hash):
        raise Refusal("password_wrong", "password")
    _forgive(attempt)


@command
def _forgive(attempt: int) -> None:
    guesses.forgive(attempt)
