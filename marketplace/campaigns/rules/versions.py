"""Versions of what a sponsor writes: what tells two apart, how one reads, which are kept.

The parts of a version are plain values, as the database keeps them: texts, and lists of rows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from marketplace.kernel.money import Money

PARTS: Final = ("basics", "story", "risks", "budget", "timeline", "faq")

NEWEST_KEPT: Final = 50
_QUIET_SECONDS: Final = 600

_PICTURE: Final = re.compile(r'<img [^>]*?alt="([^"]*)"[^>]*>')
_TAG: Final = re.compile(r"<[^>]*>")


class Kept(NamedTuple):
    """One version as it counts for being kept."""

    number: int
    saved_at: datetime
    is_auto: bool


def mark(part: Any) -> str:  # noqa: ANN401 - a part as the database keeps it
    """Return what tells this text of a part from every other."""
    said = json.dumps(part, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]


def surplus(newest_first: Sequence[Kept]) -> list[int]:
    """Return the numbers of the versions that are given up.

    Of those saved by themselves the last of every ten minutes stays; of what is left then the
    newest fifty, and before them the last of every day. The newest of all always stays.
    """
    staying: list[Kept] = []
    quiet: set[int] = set()
    for version in newest_first:
        minutes = int(version.saved_at.timestamp()) // _QUIET_SECONDS
        if not (version.is_auto and minutes in quiet):
            staying.append(version)
        quiet.add(minutes)
    last_of_day = {version.saved_at.date(): version.number for version in reversed(staying)}
    stay = {version.number for version in staying[:NEWEST_KEPT]} | set(last_of_day.values())
    return [version.number for version in newest_first if version.number not in stay]


def as_text(parts: Mapping[str, Any]) -> dict[str, str]:
    """Return every part as words, so that two versions can be compared and read."""
    return {part: _READ[part](parts[part]) for part in PARTS if part in parts}


def _markup(text: str) -> str:
    with_pictures = _PICTURE.sub(r" [\1] ", text)
    return " ".join(_TAG.sub(" ", with_pictures).split())


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return " | ".join(" · ".join(cells) for cells in rows)


def _budget(rows: Sequence[tuple[str, int, str]]) -> str:
    return _lines([(title, str(Money(minor, currency))) for title, minor, currency in rows])


_READ: Final[dict[str, Any]] = {
    "basics": " · ".join,
    "story": _markup,
    "risks": str,
    "budget": _budget,
    "timeline": _lines,
    "faq": _lines,
}
