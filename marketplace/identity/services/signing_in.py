"""Signing in. A wrong address and a wrong password are told apart by nobody, not by a clock."""

from __future__ import annotations

from datetime import datetime

from marketplace.identity import queries
from marketplace.identity.rules import hashing
from marketplace.identity.services import guesses, sessions
from marketplace.identity.services.sessions import Browser, Entry
from marketplace.infra import audit
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute
from marketplace.infra.logs import log
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal


def sign_in(
    *, email: str, password: str, browser: Browser, device: str | None, at: datetime
) -> Entry:
    """Return a fresh session for who knows the password.

    Refuses alike for unknown addresses and wrong passwords, and with a wait after five wrong
    ones. Only who knows the password is told that the address still wants confirming.
    """
    account = guesses.account_key(email)
    attempt = guesses.reserve(account, address=browser.address, device=device, at=at)
    found = queries.credentials(email.strip())
    db.session.rollback()  # hashing takes its time: no connection is held meanwhile
    if not hashing.matches(password, found.password_hash if found else None) or found is None:
        log("identity").info("sign_in_failed", account=account[:12])
        raise Refusal("sign_in_failed")
    better = hashing.hashed(password) if hashing.outdated(found.password_hash) else None
    if found.confirmed_at is None:
        _forgive(attempt)
        raise Refusal("address_unconfirmed")
    return _enter(found, attempt, browser, better, at=at)


@command
def _enter(
    found: queries.Credentials, attempt: int, browser: Browser, better: str | None, *, at: datetime
) -> Entry:
    guesses.forgive(attempt)
    if better:
        execute("UPDATE person SET password_hash = %s WHERE id = %s", (better, found.id))
    entry = sessions.begin(found.id, browser, at=at)
    audit.record(
        Actor(found.id, label="self"),
        "signed_in",
        "person",
        found.id,
        at=at,
        session=str(entry.session_id),
    )
    return entry


@command
def _forgive(attempt: int) -> None:
    guesses.forgive(attempt)
