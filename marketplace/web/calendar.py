"""Calendar files (RFC 5545): moments that people put into their own calendars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from flask import Response

_LINE_BYTES: Final = 75
_REMIND: Final = "-P1D"


@dataclass(frozen=True, slots=True)
class Date:
    """One moment, under a key that stays the same when it moves."""

    key: str
    at: datetime
    title: str
    url: str


def calendar(name: str, dates: Iterable[Date], now: datetime) -> str:
    """Return the text of a calendar called `name`; each date reminds a day before."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kindling//Dates//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_text(name)}",
        *(line for date in dates for line in _event(date, now)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def calendar_answer(text: str, name: str) -> Response:
    """Answer with a calendar as the file `name`."""
    response = Response(text, mimetype="text/calendar")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return response


def _event(date: Date, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{date.key}@kindling"
    yield f"DTSTAMP:{_stamp(now)}"
    yield f"DTSTART:{_stamp(date.at)}"
    yield f"SUMMARY:{_text(date.title)}"
    yield f"URL:{date.url}"
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield f"DESCRIPTION:{_text(date.title)}"
    yield f"TRIGGER:{_REMIND}"
    yield "END:VALARM"
    yield "END:VEVENT"


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    plain = "".join(letter for letter in words if letter.isprintable() or letter == "\n")
    for sign in ("\\", ";", ","):
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Yield a line in pieces of at most 75 bytes, never within a letter."""
    piece, size = "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > _LINE_BYTES:
            yield piece
            piece, size = " ", 1
        piece, size = piece + letter, size + width
    yield piece
