"""Wrong passwords: each costs the next one time, in a table all processes share."""

from __future__ import annotations

import math
from datetime import datetime

from marketplace.identity.rules import throttle
from marketplace.identity.rules.people import known_email
from marketplace.infra.commands import command, step
from marketplace.infra.crypto import digest
from marketplace.infra.database import column, execute, scalar
from marketplace.kernel.errors import Refusal


def account_key(email: str) -> str:
    """Return what stands for the account in the table: no address is kept of strangers."""
    return digest(f"account:{known_email(email).casefold()}")


@command
def reserve(account: str, *, address: str, device: str | None, at: datetime) -> int:
    """Write a failed try down before it is made and return its number; too soon is refused.

    `device` is a browser known to have signed in to this account (or the session of somebody
    typing their own password again); it is counted for itself.
    """
    execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (account,))
    opens = [when for when in _openings(account, address, device, at) if when is not None]
    if opens and max(opens) > at:
        raise Refusal("sign_in_delayed", minutes=_minutes(max(opens), at))
    sql = """
        INSERT INTO login_attempt (account_key, address, device, at)
        VALUES (%s, %s, %s, %s) RETURNING id
    """
    return int(scalar(sql, (account, address, device, at)))


@step
def forgive(attempt: int) -> None:
    """Correct a reserved try: the password was right."""
    execute("UPDATE login_attempt SET outcome = 'entered' WHERE id = %s", (attempt,))


def _openings(
    account: str, address: str, device: str | None, at: datetime
) -> list[datetime | None]:
    if device is not None:
        scope, facts = "device = %(device)s", {"device": device}
        return [throttle.open_again(_failures(account, scope, facts, at), throttle.OWN_DEVICE)]
    here = _failures(account, "device IS NULL AND address = %(address)s", {"address": address}, at)
    sql = """
        SELECT at FROM login_attempt WHERE account_key = %s AND device IS NULL
        AND outcome = 'failed' AND at > %s ORDER BY at DESC LIMIT 100
    """
    all_strangers = column(sql, (account, at - throttle.WINDOW))
    return [
        throttle.open_again(here, throttle.ONE_ADDRESS),
        throttle.open_again(all_strangers, throttle.ALL_STRANGERS),
    ]


def _failures(account: str, scope: str, facts: dict[str, str], at: datetime) -> list[datetime]:
    # Failures of one scope since it last got in; `scope` is one of the two texts above.
    sql = f"""
        SELECT at FROM login_attempt
        WHERE account_key = %(account)s AND {scope} AND outcome = 'failed' AND at > %(since)s
          AND id > COALESCE((SELECT max(id) FROM login_attempt
                WHERE account_key = %(account)s AND {scope} AND outcome = 'entered'), 0)
        ORDER BY at DESC LIMIT 100
    """  # noqa: S608 - two constant texts
    return column(sql, {"account": account, "since": at - throttle.WINDOW, **facts})


def _minutes(opens: datetime, at: datetime) -> int:
    return max(1, math.ceil((opens - at).total_seconds() / 60))
