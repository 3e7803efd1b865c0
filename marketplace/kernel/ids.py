"""Ids: UUIDv7 in the column, prefixed text in URLs, logs and mails.

`cmp_01jd3k…` says what it is, sorts by time, survives being read over the phone (Crockford's
base 32 has no I, L, O, U) and is checked on parse: whatever is not exactly one of ours is
"not found".
"""

from __future__ import annotations

import random
import secrets
import threading
from typing import NewType
from uuid import UUID

from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound

PersonId = NewType("PersonId", UUID)
CampaignId = NewType("CampaignId", UUID)
RewardId = NewType("RewardId", UUID)
PledgeId = NewType("PledgeId", UUID)
UpdateId = NewType("UpdateId", UUID)
PictureId = NewType("PictureId", UUID)
LoanId = NewType("LoanId", UUID)
CommitmentId = NewType("CommitmentId", UUID)
NoteId = NewType("NoteId", UUID)
BillId = NewType("BillId", UUID)
RepaymentId = NewType("RepaymentId", UUID)
InstructionId = NewType("InstructionId", UUID)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH = 26  # 128 bits in base 32
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)  # two letters at a time

_entropy: random.Random = secrets.SystemRandom()
_COUNT_BITS = 26
_counting = threading.Lock()
_last = (-1, 0)  # the millisecond of the last id, and its count within it


def use_entropy(source: random.Random) -> random.Random:
    """Draw the random part of new ids from `source`; returns the former one.

    Only the demo world does this, so that two loads give the same ids.
    """
    global _entropy, _last
    former, _entropy, _last = _entropy, source, (-1, 0)
    return former


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562): business time in milliseconds, a count, 48 random bits.

    The count (26 bits, method 1 of section 6.2) begins at random and grows within a millisecond,
    so that ids of one process sort in the order in which they were made.
    """
    millis = int(clock.now().timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    count = _count_within(millis)
    high = (millis << 16) | (0x7 << 12) | (count >> 14)
    low = (0b10 << 62) | ((count & 0x3FFF) << 48) | _entropy.getrandbits(48)
    return UUID(int=(high << 64) | low)


def _count_within(millis: int) -> int:
    global _last  # noqa: PLW0603 - what the last id was is what counting needs to know
    with _counting:
        last_millis, count = _last
        # The upper half of the range stays free for counting on.
        count = count + 1 if millis == last_millis else _entropy.getrandbits(_COUNT_BITS - 1)
        _last = (millis, count)
    return count


def public_id(prefix: str, value: UUID) -> str:
    """Return `value` as people see it, e.g. `cmp_01jd3k…`."""
    number = value.int
    pairs = [_PAIRS[number >> shift & 0x3FF] for shift in _SHIFTS]
    return f"{prefix}_{''.join(pairs)}"


def parse_public_id(prefix: str, text: str) -> UUID:
    """Return the id written as `text`; anything but a whole `prefix_…` id is `NotFound`."""
    head, mark, body = text.partition("_")
    if head != prefix or not mark or len(body) != _LENGTH:
        raise NotFound(text)
    number = 0
    for letter in body:
        if letter not in _VALUES:
            raise NotFound(text)
        number = number * 32 + _VALUES[letter]
    if number >= 1 << 128:
        raise NotFound(text)
    return UUID(int=number)
