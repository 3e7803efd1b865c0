"""Captions: WebVTT is read strictly and written anew, so that only times and words remain."""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import dataclass
from typing import Final

from marketplace.kernel.errors import Refusal

BYTES_MAX: Final = 1024 * 1024
CUES_MAX: Final = 10_000
WORDS_MAX: Final = 500

_STAMP: Final = r"(?:(\d{2,3}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING: Final = re.compile(rf"{_STAMP}[ \t]+-->[ \t]+{_STAMP}(?:[ \t].*)?")
_TAG: Final = re.compile(r"<[^>]*>")
_SKIPPED: Final = ("NOTE", "STYLE", "REGION")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words, and from when to when they are shown, in milliseconds."""

    start: int
    stop: int
    words: str


def read(data: bytes, field: str = "captions") -> tuple[Cue, ...]:
    """Return the cues of a WebVTT file; `Refusal` where it is none, too long or out of order."""
    if len(data) > BYTES_MAX:
        raise Refusal("captions_too_long", field)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("captions_unreadable", field) from None
    blocks = re.split(r"\n{2,}", re.sub(r"\r\n?", "\n", text).strip("\n"))
    if not re.match(r"WEBVTT(?:[ \t\n]|$)", blocks[0]):
        raise Refusal("captions_unreadable", field)
    cues = tuple(_cue(block, field) for block in blocks[1:] if not block.startswith(_SKIPPED))
    if not cues:
        raise Refusal("captions_empty", field)
    if len(cues) > CUES_MAX:
        raise Refusal("captions_too_long", field)
    if any(later.start < earlier.start for earlier, later in itertools.pairwise(cues)):
        raise Refusal("captions_out_of_order", field)
    return cues


def written(cues: tuple[Cue, ...]) -> str:
    """Return cues as WebVTT: plain words, no settings, no styles, no markup."""
    blocks = (
        f"{_stamp(cue.start)} --> {_stamp(cue.stop)}\n{html.escape(cue.words, quote=False)}\n"
        for cue in cues
    )
    return "WEBVTT\n\n" + "\n".join(blocks)


def _cue(block: str, field: str) -> Cue:
    lines = block.split("\n")
    at = next((number for number, line in enumerate(lines[:2]) if "-->" in line), None)
    timing = None if at is None else _TIMING.fullmatch(lines[at].strip())
    if at is None or timing is None:
        raise Refusal("captions_unreadable", field)
    start, stop = _millis(timing.groups()[:4]), _millis(timing.groups()[4:])
    words = "\n".join(_words(line) for line in lines[at + 1 :] if line.strip())
    if stop <= start or len(words) > WORDS_MAX:
        raise Refusal("captions_unreadable", field)
    return Cue(start, stop, words)


def _words(line: str) -> str:
    return html.unescape(_TAG.sub("", line)).replace("-->", "→").strip()


def _millis(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, millis = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis


def _stamp(millis: int) -> str:
    seconds, rest = divmod(millis, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}.{rest:03}"
