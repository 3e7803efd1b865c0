"""How somebody agreed: in which way, when, from where, and to exactly which words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class How(StrEnum):
    """The act by which somebody agreed."""

    CHECKBOX = "checkbox"  # ticked on the page that showed the terms, sent with the order
    MANDATE = "mandate"  # a standing word that orders may be placed on such terms
    HAND = "hand"  # their password typed again under the contract itself
    SEAL = "seal"  # the platform's own, by its seal


@dataclass(frozen=True, slots=True)
class Consent:
    """One person's agreement. `session` and `address` are digests: they recognise, they tell not.

    `shown_hash` is the digest of what was shown when they agreed.
    """

    how: How
    at: datetime
    session: str
    address: str
    shown_hash: str


def digest(value: object) -> str:
    """Return the SHA-256 of a value written as JSON in its one form."""
    return hashlib.sha256(written(value)).hexdigest()


def written(value: object) -> bytes:
    """Return a value as JSON in its one form: keys in order, no spare space, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def record(consent: Consent) -> Mapping[str, str]:
    """Return a consent as the evidence holds it."""
    return {
        "how": consent.how.value,
        "at": consent.at.isoformat(),
        "session_sha256": consent.session,
        "address_sha256": consent.address,
        "shown_sha256": consent.shown_hash,
    }
