"""Answers to `asking`, in a job: who gets which mail, and never too many."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from marketplace.identity import queries
from marketplace.identity.gateway import Letter, Write
from marketplace.identity.models import MailRequest, Person
from marketplace.identity.queries import PersonRow
from marketplace.identity.rules import lifetimes, throttle
from marketplace.identity.services import guests, post
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, driver, execute, flush, scalar
from marketplace.infra.settings import current_settings
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import PersonId, new_id


@command
def answer(request_id: UUID, *, now: datetime, write: Write) -> str | None:
    """Answer one request; a second time does nothing.

    Returns the token that was mailed, None where none was: for the demo world, which follows
    links without a mailbox.
    """
    request = db.session.get(MailRequest, request_id, with_for_update=True)
    if request is None or request.answered_at is not None:
        return None
    lock_address(request.email)
    token = None
    if _allowed(request.email, now):
        request.mailed, token = _ANSWERS[request.purpose](request, now, write)
    request.answered_at = now
    request.name = request.password_hash = None
    return token


@step
def lock_address(email: str) -> None:
    """Let nobody else write about this address until the transaction ends."""
    execute("SELECT pg_advisory_xact_lock(hashtextextended(lower(%s), 1))", (email,))


def _allowed(email: str, now: datetime) -> bool:
    sql = """
        SELECT count(*) FILTER (WHERE asked_at > %(hour)s), count(*) FROM mail_request
        WHERE email = %(email)s::citext AND mailed AND asked_at > %(day)s
    """
    facts = {"email": email, "hour": now - timedelta(hours=1), "day": now - timedelta(days=1)}
    counted = driver().execute(sql, facts).fetchone()
    return counted is not None and throttle.may_mail(counted[0], counted[1])


def _sign_up(request: MailRequest, now: datetime, write: Write) -> tuple[bool, str | None]:
    person = queries.by_email(request.email)
    if person is not None and person.confirmed_at is not None:
        return _say_already_here(request, person, write)
    if request.name is None or request.password_hash is None:
        raise Broken("a sign-up without name and password")
    if person is None:
        person_id = _add(request, request.name, request.password_hash, now)
    else:  # never confirmed: the last one to ask decides, and older links stop working
        person_id = person.id
        execute(
            "UPDATE person SET name = %s, password_hash = %s, locale = %s, is_guest = false"
            " WHERE id = %s",
            (request.name, request.password_hash, request.locale, person_id),
        )
    return _mail_confirmation(request, person_id, request.locale, now, write)


def _confirm(request: MailRequest, now: datetime, write: Write) -> tuple[bool, str | None]:
    person = queries.by_email(request.email)
    if person is None or person.confirmed_at is not None:
        return False, None
    return _mail_confirmation(request, person.id, person.locale, now, write)


def _reset(request: MailRequest, now: datetime, write: Write) -> tuple[bool, str | None]:
    person = queries.by_email(request.email)
    if person is None:
        return False, None
    token = post.mint(person.id, "reset", holds=lifetimes.RESET_LINK, now=now)
    letter = Letter("reset", person.locale, {"link": post.address_of("reset", token)})
    post.send(
        write, letter, to_address=person.email, key=f"reset:{request.id}", person_id=person.id
    )
    return True, token


def _guest(request: MailRequest, now: datetime, write: Write) -> tuple[bool, str | None]:
    person = queries.by_email(request.email)
    if person is not None and person.confirmed_at is not None and not _is_guest(person.id):
        return _say_already_here(request, person, write)
    person_id = _new_guest(request, person, now)
    token = post.mint(
        person_id, "guest", holds=lifetimes.GUEST_LINK, now=now, next_path=request.next_path
    )
    letter = Letter("guest", request.locale, {"link": post.address_of("guest", token)})
    post.send(
        write, letter, to_address=request.email, key=f"guest:{request.id}", person_id=person_id
    )
    return True, token


def _new_guest(request: MailRequest, person: PersonRow | None, now: datetime) -> PersonId:
    """Return the guest; no password that somebody typed for an unconfirmed address holds on."""
    if person is not None and person.confirmed_at is not None:
        return person.id
    fits_nothing = guests.no_password()
    person_id = person.id if person else _add(request, request.name or "", fits_nothing, now)
    guests.make_guest(person_id, fits_nothing)
    return person_id


def _is_guest(person_id: PersonId) -> bool:
    return bool(scalar("SELECT is_guest FROM person WHERE id = %s", (person_id,)))


_ANSWERS = {"sign_up": _sign_up, "confirm": _confirm, "reset": _reset, "guest": _guest}


def _add(request: MailRequest, name: str, password_hash: str, now: datetime) -> PersonId:
    person_id = PersonId(new_id())
    db.session.add(
        Person(
            id=person_id,
            email=request.email,
            name=name,
            password_hash=password_hash,
            confirmed_at=None,
            locale=request.locale,
            theme="auto",
            created_at=now,
        )
    )
    flush()
    return person_id


def _mail_confirmation(
    request: MailRequest, person_id: PersonId, locale: str | None, now: datetime, write: Write
) -> tuple[bool, str | None]:
    token = post.mint(person_id, "confirm", holds=lifetimes.CONFIRM_LINK, now=now)
    # No name in it: a stranger may have typed one, to have us mail their words.
    letter = Letter("confirm", locale, {"link": post.address_of("confirm", token)})
    post.send(
        write, letter, to_address=request.email, key=f"confirm:{request.id}", person_id=person_id
    )
    return True, token


def _say_already_here(
    request: MailRequest, person: PersonRow, write: Write
) -> tuple[bool, str | None]:
    site = current_settings().site_url
    facts = {"sign_in": f"{site}/sign-in", "reset": f"{site}/reset"}
    letter = Letter("already_here", person.locale, facts)
    post.send(
        write, letter, to_address=person.email, key=f"already:{request.id}", person_id=person.id
    )
    return True, None
