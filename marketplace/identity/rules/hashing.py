"""argon2id: what the database keeps of a password.

The parameters are OWASP's: 19 MiB, two passes, one lane. Passwords are hashed in NFC, so that
the same text typed on another machine is the same password; nothing is cut off.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1


class _Hashing:
    def __init__(self, memory_kib: int, passes: int) -> None:
        self.hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        # Compared with when there is no such person, so that it takes the same time.
        self.nobody = self.hasher.hash("the password of nobody at all")


_current = _Hashing(MEMORY_KIB, PASSES)


def use_parameters(*, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
    """Hash with other costs from now on: tests sign hundreds of people up."""
    global _current  # noqa: PLW0603 - one cost a process
    _current = _Hashing(memory_kib, passes)


def hashed(password: str) -> str:
    """Return the argon2id hash of `password` with a fresh salt."""
    return _current.hasher.hash(_bytes(password))


def matches(password: str, stored: str | None) -> bool:
    """Whether `password` is the one of `stored`; without `stored` False, in the same time."""
    try:
        _current.hasher.verify(stored or _current.nobody, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Whether `stored` was made with other costs than today's."""
    return _current.hasher.check_needs_rehash(stored)


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
