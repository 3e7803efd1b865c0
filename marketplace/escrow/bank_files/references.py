"""References and account numbers that carry their own check digits.

Creditor reference: ISO 11649 (`RF`, two check digits, at most 21 letters and digits). Account
number: ISO 13616 (IBAN). Both are right when, the first four characters moved to the end and
letters read as 10 to 35, the number leaves 1 when divided by 97 (ISO 7064, MOD 97-10).
"""

from __future__ import annotations

import re
from typing import Final

DIGITS: Final = 10
_REFERENCE: Final = re.compile(r"RF\d{2}[0-9A-Z]{1,21}")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}")


def reference_of(number: int) -> str:
    """Return the creditor reference of a payment order: `RF`, check digits, ten digits."""
    body = f"{number:0{DIGITS}d}"
    return f"RF{98 - _rest(f'{body}RF00'):02d}{body}"


def references_in(text: str) -> list[str]:
    """Return the valid references of ours in what a payer wrote, with or without spaces."""
    packed = re.sub(r"[^0-9A-Z]", "", text.upper())
    length = len("RF00") + DIGITS
    starts = [found.start() for found in re.finditer("RF", packed)]
    found = [packed[start : start + length] for start in starts]
    return [each for each in dict.fromkeys(found) if is_reference(each) and each[4:].isdecimal()]


def is_reference(text: str) -> bool:
    """Whether `text` is a creditor reference whose check digits are right."""
    return _REFERENCE.fullmatch(text) is not None and _rest(text[4:] + text[:4]) == 1


def plain_iban(typed: str) -> str | None:
    """Return an account number as typed, without spaces; None where its check digits are wrong."""
    packed = re.sub(r"[\s-]", "", typed).upper()
    if not packed.isascii() or _IBAN.fullmatch(packed) is None:
        return None
    return packed if _rest(packed[4:] + packed[:4]) == 1 else None


def spaced(text: str) -> str:
    """Return a reference or account number in groups of four, as people copy it."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _rest(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text)) % 97
