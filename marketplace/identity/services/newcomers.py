"""People who come in without confirming by mail: by invitation, or by an operator's hand."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from marketplace.identity import queries
from marketplace.identity.models import Person
from marketplace.identity.services import confirming
from marketplace.infra.commands import step
from marketplace.infra.database import db, execute, flush
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import PersonId, new_id

OPERATOR: Final = Actor(None, frozenset({"admin"}), "operator")


@step
def admit(email: str, name: str, password_hash: str, *, now: datetime) -> PersonId:
    """Make a confirmed person; an address that is already confirmed is refused.

    An account that was asked for and never confirmed becomes this one.
    """
    person = queries.by_email(email)
    if person is not None and person.confirmed_at is not None:
        raise Refusal("email_taken", "email", email=email)
    person_id = person.id if person else PersonId(new_id())
    if person is None:
        db.session.add(
            Person(
                id=person_id,
                email=email,
                name=name,
                password_hash=password_hash,
                confirmed_at=None,
                locale=None,
                theme="auto",
                created_at=now,
            )
        )
        flush()
    else:
        execute("UPDATE person SET name = %s WHERE id = %s", (name, person_id))
        confirming.set_password(person_id, password_hash, now=now)
    confirming.confirm(person_id, now=now)
    return person_id
