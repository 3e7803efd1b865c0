"""Recordings and files, as pages need them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from marketplace.infra.database import row, rows, scalar
from marketplace.kernel.errors import NotFound


class RecordingRow(NamedTuple):
    """One film or piece of sound; `has_captions` spares a list the captions themselves."""

    id: UUID
    owner_id: UUID
    kind: str
    title: str
    key: str
    media_type: str
    size_bytes: int
    sha256: str
    has_captions: bool
    captions_language: str
    transcript: str


_COLUMNS = """
    id, owner_id, kind, title, key, media_type, size_bytes, sha256,
    captions <> '' AS has_captions, captions_language, transcript
"""


def recordings(ids: Sequence[UUID]) -> dict[UUID, RecordingRow]:
    """Return the recordings with these ids, by id; unknown ids are left out."""
    if not ids:
        return {}
    sql = f"SELECT {_COLUMNS} FROM recording WHERE id = ANY(%s)"  # noqa: S608 - our own constant
    return {found.id: found for found in rows(sql, (list(ids),), into=RecordingRow)}


def owned(recording_id: UUID, owner_id: UUID) -> RecordingRow:
    """Return the owner's own recording; somebody else's is `NotFound`."""
    found = recordings([recording_id]).get(recording_id)
    if found is None or found.owner_id != owner_id:
        raise NotFound(str(recording_id))
    return found


def captions(recording_id: UUID) -> str:
    """Return the captions of a recording as WebVTT; `NotFound` where there are none."""
    found = scalar("SELECT captions FROM recording WHERE id = %s", (recording_id,))
    if not found:
        raise NotFound(str(recording_id))
    return str(found)


class FileRow(NamedTuple):
    """One file to be saved."""

    id: UUID
    owner_id: UUID
    key: str
    title: str
    media_type: str
    size_bytes: int
    sha256: str
    listing: list[str]


def digital_file(file_id: UUID) -> FileRow:
    """Return one file; for who has made sure that it may be seen."""
    sql = """
        SELECT id, owner_id, key, title, media_type, size_bytes, sha256, listing
        FROM digital_file WHERE id = %s
    """
    found = row(sql, (file_id,), into=FileRow)
    if found is None:
        raise NotFound(str(file_id))
    return found


def bytes_since(owner_id: UUID, since: object) -> int:
    """Return how many bytes of films, sound and files the person sent after `since`."""
    sql = """
        SELECT coalesce(sum(size_bytes), 0)::bigint FROM (
            SELECT owner_id, size_bytes, created_at FROM recording
            UNION ALL SELECT owner_id, size_bytes, created_at FROM digital_file
        ) kept WHERE owner_id = %s AND created_at > %s
    """
    return int(scalar(sql, (owner_id, since)))
