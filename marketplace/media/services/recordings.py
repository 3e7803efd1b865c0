"""Keeping films, sound and files. They are looked at and put on the shelf outside a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Final
from uuid import UUID

from marketplace.infra import streams
from marketplace.infra.commands import step
from marketplace.infra.database import db
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.kernel.ids import PersonId, new_id
from marketplace.media.models.recordings import DigitalFile, Recording
from marketplace.media.queries import recordings as queries
from marketplace.media.rules import captions as vtt
from marketplace.media.rules.files import Kind, Recognised, playable, recognise

TITLE_MAX: Final = 120
TRANSCRIPT_MAX: Final = 200_000
DAILY_BYTES_MAX: Final = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Shelved:
    """A file on the shelf whose row is not yet written."""

    found: Recognised
    kept: streams.Kept


@dataclass(frozen=True, slots=True)
class Said:
    """What is said in a recording: captions as sent, their language, the words to read."""

    captions: bytes = b""
    language: str = ""
    transcript: str = ""
    is_wordless: bool = False


def prepare(file: BinaryIO) -> Shelved:
    """Look at a file by its content and put it on the shelf; outside any transaction.

    It goes there piece by piece. One that no row ever points at costs only its bytes.
    """
    return Shelved(recognise(file), streams.keep(file))


def forget(shelved: Shelved) -> None:
    """Take a file off the shelf that no row will point at."""
    streams.drop(shelved.kept.key)


@step
def add_recording(
    owner_id: PersonId, shelved: Shelved, *, title: str, said: Said, now: datetime
) -> UUID:
    """Write the row of a shelved film or piece of sound and return its id.

    A film needs captions, unless nobody speaks in it.
    """
    found, kept = playable(shelved.found), shelved.kept
    refuse_if(_title_refusals(title) + _said_refusals(found, said))
    _refuse_flood(owner_id, kept.size, now)
    recording = Recording(
        id=new_id(),
        owner_id=owner_id,
        kind=found.kind.value,
        title=" ".join(title.split()),
        key=kept.key,
        media_type=found.media_type,
        size_bytes=kept.size,
        sha256=kept.sha256,
        captions=vtt.written(vtt.read(said.captions)) if said.captions else "",
        captions_language=said.language if said.captions else "",
        transcript=said.transcript.strip(),
        created_at=now,
    )
    db.session.add(recording)
    db.session.flush()
    return recording.id


@step
def add_file(owner_id: PersonId, shelved: Shelved, *, title: str, now: datetime) -> UUID:
    """Write the row of a shelved file and return its id."""
    refuse_if(_title_refusals(title))
    _refuse_flood(owner_id, shelved.kept.size, now)
    file = DigitalFile(
        id=new_id(),
        owner_id=owner_id,
        key=shelved.kept.key,
        title=" ".join(title.split()),
        media_type=shelved.found.media_type,
        size_bytes=shelved.kept.size,
        sha256=shelved.kept.sha256,
        listing=list(shelved.found.listing),
        created_at=now,
    )
    db.session.add(file)
    db.session.flush()
    return file.id


def _title_refusals(title: str) -> list[Refusal]:
    if not title.strip():
        return [Refusal("file_untitled", "title")]
    too_long = len(title) > TITLE_MAX
    return [Refusal("file_title_too_long", "title", most=TITLE_MAX)] if too_long else []


def _said_refusals(found: Recognised, said: Said) -> list[Refusal]:
    if found.kind is Kind.FILM and not said.captions and not said.is_wordless:
        return [Refusal("captions_missing", "captions")]
    if len(said.transcript) > TRANSCRIPT_MAX:
        return [Refusal("transcript_too_long", "transcript", most=TRANSCRIPT_MAX)]
    return []


def _refuse_flood(owner_id: PersonId, size: int, now: datetime) -> None:
    if queries.bytes_since(owner_id, now - timedelta(days=1)) + size > DAILY_BYTES_MAX:
        raise Refusal("files_too_many", "file", gigabytes=DAILY_BYTES_MAX // 1024**3)
