"""From the bytes somebody sent to a document we are willing to keep and to hand to a reviewer.

A picture is drawn anew, so nothing of the file that was sent survives but what one sees. A PDF
is kept as it is, once a reader found that it is one, that it has pages, that it is not locked
and that nothing in it acts by itself. Pure; may take a second, so it runs outside transactions.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from marketplace.kernel.errors import Refusal
from marketplace.media import encoding

BYTES_MAX: Final = 10 * 1024 * 1024
PAGES_MAX: Final = 200
NAME_LENGTH_MAX: Final = 100
PDF: Final = "application/pdf"
PICTURE: Final = "image/jpeg"

_FIELD: Final = "document"
_HEAD_PDF: Final = b"%PDF-"
_HEADS_PICTURE: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_TAIL_BYTES: Final = 2048
# What runs, opens or carries something when a document is merely opened.
_ACTING: Final = ("/OpenAction", "/AA")
_ACTING_NAMES: Final = ("/JavaScript", "/EmbeddedFiles")
_HARMLESS: Final = frozenset({"/GoTo"})
_UNSAID: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that was found to be what it says."""

    content_type: str
    data: bytes


def read(data: bytes) -> Paper:
    """Return what is kept of the file `data`; a `Refusal` for whatever is not a document."""
    if not data:
        raise Refusal("document_missing", _FIELD)
    if len(data) > BYTES_MAX:
        raise Refusal("document_too_heavy", _FIELD, megabytes=BYTES_MAX // (1024 * 1024))
    if data.startswith(_HEADS_PICTURE):
        return Paper(PICTURE, _redrawn(data))
    if data.startswith(_HEAD_PDF):
        _check_pdf(data)
        return Paper(PDF, data)
    raise Refusal("document_unreadable", _FIELD)


def shown_name(name: str) -> str:
    """Return the name of an uploaded file as it may be shown: its last part, without tricks."""
    last = re.split(r"[/\\]", name)[-1]
    return " ".join(_UNSAID.sub("", last).split())[-NAME_LENGTH_MAX:]


def _redrawn(data: bytes) -> bytes:
    try:
        return encoding.redraw_page(data)
    except Refusal as refusal:
        code = "document_unreadable" if refusal.code == "picture_unreadable" else refusal.code
        raise Refusal(code, _FIELD, **refusal.facts) from None


def _check_pdf(data: bytes) -> None:
    if b"%%EOF" not in data[-_TAIL_BYTES:]:
        raise Refusal("document_broken", _FIELD)
    try:
        facts = _pdf_facts(data)
    except Refusal:
        raise
    except Exception:  # noqa: BLE001 - a reader given hostile bytes may raise anything
        raise Refusal("document_broken", _FIELD) from None
    pages, acts = facts
    if acts:
        raise Refusal("document_acts", _FIELD)
    if not 1 <= pages <= PAGES_MAX:
        raise Refusal("document_pages", _FIELD, at_most=PAGES_MAX)


def _pdf_facts(data: bytes) -> tuple[int, bool]:
    # The reader bounds by itself how much a stream may unfold to.
    reader = PdfFileReader(io.BytesIO(data), strict=False)
    if reader.encrypted:
        raise Refusal("document_locked", _FIELD)
    root = reader.root
    return int(root["/Pages"]["/Count"]), any(_acts_of(root))


def _acts_of(root: Any) -> Iterator[bool]:  # noqa: ANN401 - pyHanko's dictionary
    for name in _ACTING:
        if name in root:
            yield not _is_view(root[name])
    if "/Names" in root:
        for name in _ACTING_NAMES:
            yield name in root["/Names"]


def _is_view(act: Any) -> bool:  # noqa: ANN401 - any object of a PDF
    """Whether an act merely chooses the page to show first, as many writers have it."""
    if isinstance(act, generic.ArrayObject):
        return True
    return isinstance(act, generic.DictionaryObject) and act.get("/S") in _HARMLESS
