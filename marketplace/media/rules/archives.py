"""Archives, judged by their directory: none is ever unpacked here."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from marketplace.kernel.errors import Refusal

ENTRIES_MAX: Final = 500
DIRECTORY_BYTES_MAX: Final = 1024 * 1024
UNPACKED_BYTES_MAX: Final = 2 * 1024**3
RATIO_MAX: Final = 100  # music hardly shrinks; text by ten

_ALLOWED: Final = frozenset(
    {
        *(".mp3", ".m4a", ".flac", ".wav", ".ogg", ".opus", ".mp4", ".webm", ".vtt"),
        *(".jpg", ".jpeg", ".png", ".webp", ".pdf", ".epub", ".txt", ".cue", ".m3u8"),
    }
)
_END_MARK: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_COMMENT_BYTES_MAX: Final = 65_535
_ENCRYPTED: Final = 0x1
_BOOK_TYPE: Final = b"application/epub+zip"


@dataclass(frozen=True, slots=True)
class Listing:
    """What an archive says it holds."""

    names: tuple[str, ...]
    is_book: bool


def is_archive(head: bytes) -> bool:
    """Whether a file begins as an archive does."""
    return head.startswith(b"PK\x03\x04")


def listing(file: BinaryIO, field: str) -> Listing:
    """Return what the archive holds, read from its directory.

    Refuses what cannot be read, is encrypted, holds too much, would unpack to far more than it
    is, or names a place outside of itself.
    """
    _refuse_long_directory(file, field)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _refuse_bombs(entries, file, field)
            is_book = _is_book(archive, entries)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise Refusal("archive_unreadable", field) from None
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise Refusal("archive_encrypted", field)
    names = tuple(entry.filename for entry in entries if not entry.is_dir())
    if any(_leads_out(name) for name in names):
        raise Refusal("archive_leads_out", field)
    return Listing(names, is_book)


def refuse_strangers(found: Listing, field: str) -> None:
    """Refuse an archive that holds anything but music, film, pictures and text."""
    for name in found.names:
        if PurePosixPath(name).suffix.lower() not in _ALLOWED:
            raise Refusal("archive_stranger", field, name=name[:80])


def _refuse_long_directory(file: BinaryIO, field: str) -> None:
    """Look at the end of the file first: the library would read any directory whole."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _COMMENT_BYTES_MAX))
    tail = file.read()
    end = tail.rfind(_END_MARK)
    if end < 0 or len(tail) - end < _END_BYTES:
        raise Refusal("archive_unreadable", field)
    entries = int.from_bytes(tail[end + 10 : end + 12], "little")
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    # An archive of the large kind says 65,535 and 4 GB here, and is refused with the others.
    if entries > ENTRIES_MAX or directory > DIRECTORY_BYTES_MAX:
        raise Refusal("archive_too_many", field, most=ENTRIES_MAX)
    file.seek(0)


def _refuse_bombs(entries: list[zipfile.ZipInfo], file: BinaryIO, field: str) -> None:
    # Against the size of the whole: entries that share their bytes count each time.
    unpacked, size = sum(entry.file_size for entry in entries), file.seek(0, 2)
    if len(entries) > ENTRIES_MAX:
        raise Refusal("archive_too_many", field, most=ENTRIES_MAX)
    if unpacked > UNPACKED_BYTES_MAX or unpacked > RATIO_MAX * size:
        raise Refusal("archive_bomb", field)


def _is_book(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> bool:
    first = entries[0] if entries else None
    if first is None or first.filename != "mimetype" or first.file_size != len(_BOOK_TYPE):
        return False
    return archive.read(first) == _BOOK_TYPE


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in name or not name.isprintable()
