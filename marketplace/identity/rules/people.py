"""Names and e-mail addresses: what is accepted, and how it is written down."""

from __future__ import annotations

import unicodedata
from typing import Final

from email_validator import EmailNotValidError, validate_email

from marketplace.kernel.errors import Refusal

NAME_LENGTH_MAX: Final = 80
EMAIL_LENGTH_MAX: Final = 254  # RFC 5321, section 4.5.3.1.3, less the brackets
THEMES: Final = ("auto", "light", "dark")


def clean_name(typed: str) -> str:
    """Return a name in composed form with single spaces; refuses none, long and unprintable."""
    name = " ".join(unicodedata.normalize("NFC", typed[: NAME_LENGTH_MAX * 8]).split())
    if not name:
        raise Refusal("name_missing", "name")
    if len(name) > NAME_LENGTH_MAX:
        raise Refusal("name_too_long", "name", limit=NAME_LENGTH_MAX)
    # Control, direction-changing and unassigned characters could make a name read as another.
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cn", "Co", "Cs"} for letter in name):
        raise Refusal("name_unprintable", "name")
    if "://" in name or name.lower().startswith("www."):
        raise Refusal("name_is_link", "name")
    return name


def clean_email(typed: str) -> str:
    """Return an address with its domain in lower case; whether mail arrives shows the mail."""
    text = typed.strip()
    if not text:
        raise Refusal("email_missing", "email")
    if len(text) > EMAIL_LENGTH_MAX:
        raise Refusal("email_unreadable", "email")
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        raise Refusal("email_unreadable", "email") from None
    # Half the world writes addresses in ASCII only; those that do not are kept as they are.
    return found.normalized


def email_refusals(typed: str) -> list[Refusal]:
    """Return what is wrong with an address, so that it is told beside what else is wrong."""
    try:
        clean_email(typed)
    except Refusal as refusal:
        return [refusal]
    return []


def known_email(typed: str) -> str:
    """Return `typed` as it would be looked up; never refuses, so that all answers are alike."""
    try:
        return clean_email(typed)
    except Refusal:
        return typed.strip()[:EMAIL_LENGTH_MAX]
