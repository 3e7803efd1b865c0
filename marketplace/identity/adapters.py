"""The written word: letters from templates, and roles in the reader's language."""

from __future__ import annotations

from typing import Any, Final

from flask import render_template

from marketplace.identity.gateway import Letter, Written
from marketplace.infra.settings import current_settings
from marketplace.web.locale import LANGUAGES, _l, speaking

_SUBJECTS: Final[dict[str, Any]] = {
    "confirm": _l("Confirm your e-mail address for %(site)s"),
    "already_here": _l("You already have an account at %(site)s"),
    "guest": _l("Go on at %(site)s"),
    "reset": _l("Choose a new password for %(site)s"),
    "password_changed": _l("Your password at %(site)s was changed"),
    "invitation": _l("You are invited to the team of %(site)s"),
}

_ROLE_NAMES: Final[dict[str, Any]] = {
    "sponsor": _l("Sponsor"),
    "backer": _l("Backer"),
    "borrower": _l("Borrower"),
    "lender": _l("Lender"),
    "moderator": _l("Moderator"),
    "first_reviewer": _l("First reviewer"),
    "second_reviewer": _l("Second reviewer"),
    "finance_officer": _l("Finance officer"),
    "admin": _l("Administrator"),
}


def role_name(role: str) -> str:
    """Return a role in the reader's words."""
    return str(_ROLE_NAMES.get(role, role))


def write(letter: Letter) -> Written:
    """Return `letter` as text, in its language where the site speaks it, else in English."""
    settings = current_settings()
    locale = letter.locale if letter.locale in LANGUAGES else "en"
    facts = dict(letter.facts)
    with speaking(locale.replace("-", "_")):
        if "role" in facts:
            facts["role"] = role_name(facts["role"])
        text = render_template(
            f"mail/identity_{letter.kind}.txt",
            site_name=settings.site_name,
            site_url=settings.site_url,
            **facts,
        )
        subject = str(_SUBJECTS[letter.kind]) % {"site": settings.site_name}
    return Written(subject, text.strip() + "\n")
