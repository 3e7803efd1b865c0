"""What operators do by hand: the first administrator, and the builders' quick people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplace.identity import queries
from marketplace.identity.rules import hashing, roles
from marketplace.identity.services import asking, newcomers, staff
from marketplace.identity.services.answering import lock_address
from marketplace.infra.commands import command
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import PersonId


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to be made, with a staff role or without."""

    email: str
    name: str
    role: str | None = None


def create_person(
    *, email: str, name: str, password: str, role: str | None, now: datetime
) -> PersonId:
    """Make a confirmed person, with a staff role or without; refuses what signing up would."""
    return create_people([Newcomer(email, name, role)], password=password, now=now)[0]


def create_people(people: Sequence[Newcomer], *, password: str, now: datetime) -> list[PersonId]:
    """Make confirmed people who share one password, which is hashed once: the demo's cast."""
    clean = [_checked(person, password) for person in people]
    password_hash = hashing.hashed(password)
    return [_create(p.email, p.name, password_hash, p.role, now=now) for p in clean]


def _checked(person: Newcomer, password: str) -> Newcomer:
    if person.role is not None:
        roles.check_grant(person.role, None)
    clean = asking.check_new_person(email=person.email, name=person.name, password=password)
    return Newcomer(*clean, person.role)


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
