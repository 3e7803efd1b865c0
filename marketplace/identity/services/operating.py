"""What operators do by hand: the first administrator, and the builders' quick people."""

from __future__ import annotations

from datetime import datetime

from marketplace.identity import queries
from marketplace.identity.rules import hashing, roles
from marketplace.identity.services import asking, newcomers, staff
from marketplace.identity.services.answering import lock_address
from marketplace.infra.commands import command
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import PersonId


def create_person(
    *, email: str, name: str, password: str, role: str | None, now: datetime
) -> PersonId:
    """Make a confirmed person, with a staff role or without; refuses what signing up would."""
    if role is not None:
        roles.check_grant(role, None)
    clean_email, clean_name = asking.check_new_person(email=email, name=name, password=password)
    return _create(clean_email, clean_name, hashing.hashed(password), role, now=now)


@command
def _create(
    email: str, name: str, password_hash: str, role: str | None, *, now: datetime
) -> PersonId:
    lock_address(email)
    person_id = newcomers.admit(email, name, password_hash, now=now)
    if role is not None:
        staff.grant(person_id, role, actor=newcomers.OPERATOR, now=now)
    return person_id


def known(email: str) -> queries.PersonRow:
    """Return the person with that address; nobody is refused with a sentence."""
    person = queries.by_email(email.strip())
    if person is None:
        raise Refusal("email_unknown", "email", email=email.strip())
    return person
