"""What changed between two versions of a draft, word by word. Pure: texts in, pieces out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

# How many unchanged words stay around a change, so that a reader finds the place.
AROUND: Final = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words. `kind` is "same", "gone", "new", or "skipped" for a long unchanged run."""

    kind: str
    text: str


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[Piece]]:
    """Return the pieces of every part whose text differs, in the order of `after`."""
    return {
        part: pieces(before.get(part, ""), text)
        for part, text in after.items()
        if before.get(part, "") != text
    }


def pieces(before: str, after: str) -> list[Piece]:
    """Return how `before` became `after`; joined, same and new are `after`, same and gone `before`.

    Long unchanged runs are shortened to the words around a change.
    """
    old, new = before.split(), after.split()
    found: list[Piece] = []
    steps = SequenceMatcher(None, old, new).get_opcodes()
    for number, (tag, i1, i2, j1, j2) in enumerate(steps, start=1):
        if tag == "equal":
            found += _context(old[i1:i2], first=number == 1, last=number == len(steps))
        else:
            found += _piece("gone", old[i1:i2])
            found += _piece("new", new[j1:j2])
    return found


def _context(words: list[str], *, first: bool, last: bool) -> Iterator[Piece]:
    head = [] if first else words[:AROUND]
    tail = [] if last else words[-AROUND:]
    if len(words) <= len(head) + len(tail):
        yield from _piece("same", words)
        return
    yield from _piece("same", head)
    yield Piece("skipped", "…")
    yield from _piece("same", tail)


def _piece(kind: str, words: list[str]) -> Iterator[Piece]:
    if words:
        yield Piece(kind, " ".join(words))
