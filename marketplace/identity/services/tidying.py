"""Throwing away what nobody needs: old guesses, ended sessions, answered requests."""

from __future__ import annotations

from datetime import datetime

from marketplace.identity.rules.lifetimes import KEEP_ATTEMPTS, KEEP_ENDED
from marketplace.infra.commands import command
from marketplace.infra.database import execute


@command
def tidy(*, now: datetime, at: datetime) -> int:
    """Delete what is older than is kept; returns how many rows went."""
    return (
        execute("DELETE FROM login_attempt WHERE at < %s", (at - KEEP_ATTEMPTS,))
        + execute("DELETE FROM login_session WHERE expires_at < %s", (at - KEEP_ENDED,))
        + execute("DELETE FROM login_session WHERE revoked_at < %s", (at - KEEP_ENDED,))
        + execute("DELETE FROM mail_request WHERE asked_at < %s", (now - KEEP_ENDED,))
        + execute("DELETE FROM mailed_link WHERE expires_at < %s", (now - KEEP_ENDED,))
    )
