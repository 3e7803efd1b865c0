"""What a password must be: long, not one of the well-known, not made of what everyone knows.

No rules about kinds of characters: they make passwords harder to remember and not harder to
guess. What is refused is what guessing programs try first: common passwords and words with
digits around them, runs and repetitions, and the site's or the person's own words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from marketplace.kernel.errors import Refusal

LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 128

# A word shorter than this stands in too many innocent passwords.
_CONTEXT_LENGTH_MIN: Final = 4
# What must be left once the words that anyone could know are taken out.
_OWN_LENGTH_MIN: Final = 8
_DISTINCT_MIN: Final = 5

# How people dress words up; undone before a word is looked up.
_DRESSED: Final = str.maketrans("013457@$!|€£", "oieastasiiel")
_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "!@#$%^&*()_+",
)
_SITE_WORDS: Final = (
    *("kindling", "crowdfund", "crowdfunding", "crowdlending", "marketplace", "backer", "pledge"),
    *("lending", "lender", "borrower", "sponsor", "escrow", "campaign"),
)


def check(password: str, *, context: Iterable[str] = (), field: str = "password") -> None:
    """Refuse a password that is too short, too long, or among the first that are guessed.

    `context` holds the site's name, the person's name and e-mail address. Lengths count
    characters as composed (NFC).
    """
    if len(password) > LENGTH_MAX * 4:  # before any work is done on it
        raise Refusal("password_too_long", field, limit=LENGTH_MAX)
    text = unicodedata.normalize("NFC", password)
    if not text:
        raise Refusal("password_missing", field)
    if len(text) < LENGTH_MIN:
        raise Refusal("password_too_short", field, limit=LENGTH_MIN)
    if len(text) > LENGTH_MAX:
        raise Refusal("password_too_long", field, limit=LENGTH_MAX)
    folded = text.casefold()
    if _monotonous(folded) or _common(folded):
        raise Refusal("password_common", field)
    if _made_of(folded, _context_words(context)):
        raise Refusal("password_context", field)


def _common(folded: str) -> bool:
    words = _common_words()
    if folded in words or _letters(folded) in words:
        return True
    # One well-known word with digits and signs around it, perhaps several times over.
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    forms = (folded, folded.translate(_DRESSED), core.translate(_DRESSED))
    return any(_one_word(form) in words for form in forms)


def _one_word(text: str) -> str | None:
    chunks = {_unrepeated(chunk) for chunk in re.findall(r"[^\W\d_]+", text)}
    return chunks.pop() if len(chunks) == 1 else None


def _monotonous(folded: str) -> bool:
    if len(set(folded)) < _DISTINCT_MIN:
        return True
    if len(_unrepeated(folded)) < min(_OWN_LENGTH_MIN, len(folded)):
        return True
    left = folded
    for run in _RUNS:
        for line in (run, run[::-1]):
            left = _without_run(left, line)
    return len(left) < _DISTINCT_MIN


def _without_run(text: str, run: str) -> str:
    # Takes out pieces of the run of four and more, longest first.
    for length in range(min(len(text), len(run)), 3, -1):
        for start in range(len(run) - length + 1):
            text = text.replace(run[start : start + length], "")
    return text


def _unrepeated(text: str) -> str:
    # "iloveyouiloveyou" is "iloveyou" twice: the shortest piece that makes the whole.
    end = (text + text).find(text, 1)
    return text[:end]


def _letters(folded: str) -> str:
    return "".join(letter for letter in folded if letter.isalpha())


def _made_of(folded: str, words: Iterable[str]) -> bool:
    for form in (folded, folded.translate(_DRESSED)):
        left, found = form, False
        for word in words:
            found = found or word in left
            left = left.replace(word, "")
        if found and len(left) < _OWN_LENGTH_MIN:
            return True
    return False


def _context_words(context: Iterable[str]) -> list[str]:
    words = set(_SITE_WORDS)
    for text in context:
        folded = unicodedata.normalize("NFC", text).casefold()
        parts = re.findall(r"[^\W_]+", folded)
        words.update((*parts, "".join(parts), folded))
    kept = {word for word in words if len(word) >= _CONTEXT_LENGTH_MIN}
    return sorted(kept, key=len, reverse=True)


@cache
def _common_words() -> frozenset[str]:
    text = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
