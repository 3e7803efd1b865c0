"""Mails of identity and the links in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from marketplace.identity.gateway import Letter, Write
from marketplace.identity.models import MailedLink
from marketplace.infra import mail
from marketplace.infra.commands import step
from marketplace.infra.crypto import digest, random_token
from marketplace.infra.database import db, execute, scalar
from marketplace.infra.settings import current_settings
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import PersonId, new_id


@step
def send(
    write: Write, letter: Letter, *, to_address: str, key: str, person_id: UUID | None = None
) -> None:
    """Mail `letter` once per `key`."""
    written = write(letter)
    mail.send(to_address, written.subject, written.text, key=f"identity.{key}", person_id=person_id)


def address_of(page: str, token: str) -> str:
    """Return the full address of a link page; the host is the site's own, never the request's."""
    return f"{current_settings().site_url}/{page}/{token}"


@step
def mint(
    person_id: PersonId,
    purpose: str,
    *,
    holds: timedelta,
    now: datetime,
    next_path: str | None = None,
) -> str:
    """Return the token of a new link; older ones for the same purpose stop working."""
    spend_all(person_id, purpose, now=now)
    token = random_token()
    db.session.add(
        MailedLink(
            id=new_id(),
            person_id=person_id,
            purpose=purpose,
            token_digest=digest(token),
            issued_at=now,
            expires_at=now + holds,
            used_at=None,
            next_path=next_path,
        )
    )
    return token


@step
def spend(token: str, purpose: str, *, now: datetime) -> PersonId:
    """Use a link up and return whose it was; a used, old or made-up one is refused."""
    sql = """
        UPDATE mailed_link SET used_at = %(now)s
        WHERE token_digest = %(digest)s AND purpose = %(purpose)s
          AND used_at IS NULL AND expires_at > %(now)s
        RETURNING person_id
    """
    found = scalar(sql, {"digest": digest(token), "purpose": purpose, "now": now})
    if found is None:
        raise Refusal("link_spent")
    return PersonId(found)


@step
def spend_all(person_id: PersonId, purpose: str, *, now: datetime) -> None:
    """Make all links of a person for `purpose` stop working."""
    execute(
        "UPDATE mailed_link SET used_at = %s"
        " WHERE person_id = %s AND purpose = %s AND used_at IS NULL",
        (now, person_id, purpose),
    )
