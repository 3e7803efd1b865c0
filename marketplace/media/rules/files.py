"""What a file really is, whatever its name says; what we know not to be harmful is taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Final

from marketplace.kernel.errors import Refusal
from marketplace.media.rules import archives

BYTES_MAX: Final = 500 * 1024 * 1024

_HEAD_BYTES: Final = 512
_ID3_HEAD_BYTES: Final = 10
_FILM_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"}
)
_AUDIO_BRANDS: Final = frozenset({b"M4A ", b"M4B "})


class Kind(StrEnum):
    """What can be done with a file."""

    FILM = "film"
    AUDIO = "audio"
    BOOK = "book"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file was found to be; `listing` names what an archive holds."""

    kind: Kind
    media_type: str
    suffix: str
    listing: tuple[str, ...] = ()


_MP4: Final = Recognised(Kind.FILM, "video/mp4", ".mp4")
_WEBM: Final = Recognised(Kind.FILM, "video/webm", ".webm")
_M4A: Final = Recognised(Kind.AUDIO, "audio/mp4", ".m4a")
_MP3: Final = Recognised(Kind.AUDIO, "audio/mpeg", ".mp3")
_OGG: Final = Recognised(Kind.AUDIO, "audio/ogg", ".ogg")
_FLAC: Final = Recognised(Kind.AUDIO, "audio/flac", ".flac")
_WAV: Final = Recognised(Kind.AUDIO, "audio/wav", ".wav")
_PDF: Final = Recognised(Kind.BOOK, "application/pdf", ".pdf")
_EPUB: Final = Recognised(Kind.BOOK, "application/epub+zip", ".epub")
_ZIP: Final = Recognised(Kind.ARCHIVE, "application/zip", ".zip")

KINDS: Final = {
    found.media_type: found
    for found in (_MP4, _WEBM, _M4A, _MP3, _OGG, _FLAC, _WAV, _PDF, _EPUB, _ZIP)
}


def recognise(file: BinaryIO, field: str = "file") -> Recognised:
    """Return what `file` is by its content, and leave it at its beginning.

    Refuses what is empty, too large, or none of the kinds we know. An archive is judged by its
    directory and never unpacked.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if not size:
        raise Refusal("file_missing", field)
    if size > BYTES_MAX:
        raise Refusal("file_too_heavy", field, megabytes=BYTES_MAX // (1024 * 1024))
    head = file.read(_HEAD_BYTES)
    found = _zipped(file, field) if archives.is_archive(head) else _plain(head) or _mp3(file, head)
    file.seek(0)
    if found is None:
        raise Refusal("file_unknown", field)
    return found


def playable(found: Recognised, field: str = "file") -> Recognised:
    """Return `found` if a browser can play it; `Refusal` for anything else."""
    if found.kind not in {Kind.FILM, Kind.AUDIO}:
        raise Refusal("recording_unknown", field)
    return found


def _plain(head: bytes) -> Recognised | None:
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _WEBM if b"webm" in head[:64] else None
    if head.startswith(b"RIFF"):
        return _WAV if head[8:12] == b"WAVE" else None
    if head.startswith(b"OggS"):
        return _OGG if b"OpusHead" in head or b"\x01vorbis" in head else None
    begins = {b"fLaC": _FLAC, b"%PDF-": _PDF}
    return next((found for start, found in begins.items() if head.startswith(start)), None)


def _of_brand(brand: bytes) -> Recognised | None:
    if brand in _AUDIO_BRANDS:
        return _M4A
    return _MP4 if brand in _FILM_BRANDS else None


def _mp3(file: BinaryIO, head: bytes) -> Recognised | None:
    """Return MP3 where a frame of it stands, after the notes in front of it if there are any."""
    start = 0
    if head.startswith(b"ID3"):
        size = head[6:_ID3_HEAD_BYTES]  # seven bits a byte
        start = _ID3_HEAD_BYTES + sum(byte << 7 * (3 - at) for at, byte in enumerate(size))
    file.seek(start)
    return _MP3 if _is_mp3_frame(file.read(4)) else None


def _is_mp3_frame(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and 0 < bitrate < 15 and rate != 3


def _zipped(file: BinaryIO, field: str) -> Recognised:
    listing = archives.listing(file, field)
    if listing.is_book:
        return _EPUB
    archives.refuse_strangers(listing, field)
    return Recognised(_ZIP.kind, _ZIP.media_type, _ZIP.suffix, listing.names)
