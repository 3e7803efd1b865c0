"""People for tests, made by the commands an operator uses: confirmed, with all member roles."""

from __future__ import annotations

import itertools
import re
from typing import TypeVar

from marketplace.identity import queries
from marketplace.identity.queries import PersonRow
from marketplace.identity.rules import hashing
from marketplace.identity.services import operating, sessions
from marketplace.identity.services.sessions import Browser
from marketplace.identity.views.sessions import cookie_name
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from tests.page_client import PageClient

PASSWORD = "violet anchors drift south"
FIREFOX = Browser("192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")

Visitor = TypeVar("Visitor", bound=PageClient)

_numbers = itertools.count(1)

# The smallest argon2 takes: a test about something else need not wait for a slow hash.
hashing.use_parameters(memory_kib=8, passes=1)


def a_person(
    name: str = "Ada Lovelace", *, email: str | None = None, role: str | None = None
) -> PersonRow:
    """Return a confirmed person with the password `PASSWORD`, with a staff role or without."""
    if email is None:
        local = re.sub(r"[^a-z]+", ".", name.lower()).strip(".") or "person"
        email = f"{local}{next(_numbers)}@example.org"
    person_id = operating.create_person(
        email=email, name=name, password=PASSWORD, role=role, now=clock.now()
    )
    found = queries.person(person_id)
    assert found is not None
    return found


def an_actor(name: str = "Ada Lovelace", *, role: str | None = None) -> Actor:
    """Return a fresh person as the one who acts."""
    return a_person(name, role=role).as_actor()


def a_moderator(name: str = "Mo Derator") -> PersonRow:
    """Return a moderator."""
    return a_person(name, role="moderator")


def a_first_reviewer(name: str = "Fiona First") -> PersonRow:
    """Return a first reviewer."""
    return a_person(name, role="first_reviewer")


def a_second_reviewer(name: str = "Seth Second") -> PersonRow:
    """Return a second reviewer."""
    return a_person(name, role="second_reviewer")


def a_finance_officer(name: str = "Flo Finance") -> PersonRow:
    """Return a finance officer."""
    return a_person(name, role="finance_officer")


def an_admin(name: str = "Adam Admin") -> PersonRow:
    """Return an administrator."""
    return a_person(name, role="admin")


def signed_in(visitor: Visitor, person: PersonRow | Actor) -> Visitor:
    """Sign `visitor` in as `person`, as a browser that was let in just now."""
    person_id = person.known() if isinstance(person, Actor) else person.id
    entry = sessions.begin_for(person_id, FIREFOX, at=clock.wall())
    visitor.client.set_cookie(cookie_name(), entry.token)
    return visitor
