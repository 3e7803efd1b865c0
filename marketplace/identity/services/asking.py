"""What a visitor asks for before we know who they are. The answer goes to the mailbox.

These write one row and nothing else, so that neither the page nor its time tells whether an
address belongs to somebody; `answering` does the rest in a job.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from marketplace.identity.events import MailAsked
from marketplace.identity.models import MailRequest
from marketplace.identity.rules import hashing, passwords, people
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.infra.events import announce
from marketplace.infra.settings import current_settings
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.kernel.ids import new_id


def sign_up(*, email: str, name: str, password: str, locale: str | None, now: datetime) -> bool:
    """Ask for an account; True whether or not the address has one already.

    Refuses everything that is wrong with what was typed, at once.
    """
    clean_email, clean_name = check_new_person(email=email, name=name, password=password)
    return _ask(
        "sign_up",
        clean_email,
        name=clean_name,
        password_hash=hashing.hashed(password),
        locale=locale,
        now=now,
    )


def ask_confirmation(*, email: str, now: datetime) -> bool:
    """Ask for the confirmation mail once more; True whoever asks."""
    return _ask("confirm", people.clean_email(email), now=now)


def ask_reset(*, email: str, now: datetime) -> bool:
    """Ask for a link to choose a new password; True whoever asks."""
    return _ask("reset", people.clean_email(email), now=now)


def ask_guest(*, email: str, name: str, next_path: str, locale: str | None, now: datetime) -> bool:
    """Ask for a link that lets somebody in without a password; True whoever asks."""
    refusals: list[Refusal] = []
    clean_name = _cleaned(people.clean_name, name, refusals)
    clean_email = _cleaned(people.clean_email, email, refusals)
    refuse_if(refusals)
    return _ask("guest", clean_email, name=clean_name, next_path=next_path, locale=locale, now=now)


def check_new_person(*, email: str, name: str, password: str) -> tuple[str, str]:
    """Return address and name as they are written down, or refuse all that is wrong."""
    refusals: list[Refusal] = []
    clean_name = _cleaned(people.clean_name, name, refusals)
    clean_email = _cleaned(people.clean_email, email, refusals)
    try:
        passwords.check(password, context=context_words(email, name))
    except Refusal as refusal:
        refusals.append(refusal)
    refuse_if(refusals)
    return clean_email, clean_name


def _cleaned(clean: Callable[[str], str], typed: str, refusals: list[Refusal]) -> str:
    """Return what was typed as it is written down; what is wrong with it joins `refusals`."""
    try:
        return clean(typed)
    except Refusal as refusal:
        refusals.append(refusal)
        return ""


def context_words(email: str, name: str) -> list[str]:
    """Return what a password must not be made of."""
    bounded = (email[: people.EMAIL_LENGTH_MAX], name[: people.NAME_LENGTH_MAX])
    return [current_settings().site_name, *bounded]


@command
def _ask(
    purpose: str,
    email: str,
    *,
    now: datetime,
    name: str | None = None,
    password_hash: str | None = None,
    locale: str | None = None,
    next_path: str | None = None,
) -> bool:
    request_id = new_id()
    db.session.add(
        MailRequest(
            id=request_id,
            purpose=purpose,
            email=email,
            name=name,
            password_hash=password_hash,
            locale=locale,
            asked_at=now,
            answered_at=None,
            mailed=False,
            next_path=next_path,
        )
    )
    db.session.flush()
    announce(MailAsked(request_id))
    return True
