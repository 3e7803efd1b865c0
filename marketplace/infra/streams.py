"""Large private files: sealed piece by piece as they arrive, read from any place in them.

A file on this shelf is a head (magic, the key's id, a salt) and pieces of 64 KB, each sealed with
AES-256-GCM under a key that only this file has. A piece's nonce is its number and whether it is
the last one; its name is the file's. So no piece can be changed, moved, dropped or taken from
another file, and neither writing nor reading needs more memory than one piece.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from marketplace.infra.files import Outcome, Seen
from marketplace.infra.sealing import ID_BYTES, SealBroken, keyring
from marketplace.infra.settings import current_settings
from marketplace.kernel.errors import NotFound

SHELF: Final = "streams"
PIECE_BYTES: Final = 64 * 1024

_MAGIC: Final = b"KINDLING\x02"
_SALT_BYTES: Final = 32
_HEAD_BYTES: Final = len(_MAGIC) + ID_BYTES + _SALT_BYTES
_TAG_BYTES: Final = 16
_SEALED_BYTES: Final = PIECE_BYTES + _TAG_BYTES
_COUNT_BYTES: Final = 11  # and one byte that says whether it is the last piece
_KEY = re.compile(r"^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class Kept:
    """A large file that was put on the shelf, and what it was."""

    key: str
    size: int
    sha256: str


def keep(source: BinaryIO) -> Kept:
    """Seal what `source` holds, from where it stands to its end, and return how to find it."""
    key = secrets.token_hex(32)
    target = _place(key)
    target.parent.mkdir(parents=True, exist_ok=True)
    half_written = target.with_suffix(".part")
    try:
        size, sha256 = _write(half_written, key, iter(lambda: source.read(PIECE_BYTES), b""))
        half_written.replace(target)
    finally:
        half_written.unlink(missing_ok=True)
    return Kept(key, size, sha256)


def read(key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of a file from `start` up to `stop`, one piece at a time.

    `NotFound` at once when there is none; `SealBroken` as soon as a piece is not what was kept.
    """
    place = _existing(key)
    sealed = place.stat().st_size - _HEAD_BYTES
    count = -(-sealed // _SEALED_BYTES)
    end = sealed - count * _TAG_BYTES
    return _opened(place, key, start, end if stop is None else min(stop, end), count)


def seal_all() -> Iterator[Seen]:
    """Seal every large file with the newest key, one by one, and say what became of each.

    As `files.seal_all`: it may stop anywhere, and one that cannot be opened is left as it lies.
    """
    newest = keyring().newest_id
    for place in sorted((current_settings().data_dir / SHELF).glob("??/*")):
        if not _KEY.match(place.name):
            continue
        with place.open("rb") as file:
            sealed_by = file.read(_HEAD_BYTES)[len(_MAGIC) : -_SALT_BYTES]
        if sealed_by == newest:
            yield Seen(place.name, Outcome.LEFT)
        else:
            yield _sealed_anew(place)


def _sealed_anew(place: Path) -> Seen:
    fresh = place.with_suffix(".part")
    try:
        _write(fresh, place.name, read(place.name))
    except SealBroken as trouble:
        fresh.unlink()
        return Seen(place.name, Outcome.BROKEN, str(trouble))
    fresh.replace(place)
    return Seen(place.name, Outcome.SEALED)


def drop(key: str) -> None:
    """Take a file off the shelf; one that is not there is no trouble."""
    if _KEY.match(key):
        _place(key).unlink(missing_ok=True)


def _opened(place: Path, key: str, start: int, stop: int, count: int) -> Iterator[bytes]:
    with place.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if not head.startswith(_MAGIC):
            raise SealBroken(key, "it does not begin as a large file does")
        salt = head[-_SALT_BYTES:]
        cipher = keyring().of_stream(head[len(_MAGIC) : -_SALT_BYTES], salt, key)
        for number in range(start // PIECE_BYTES, -(-stop // PIECE_BYTES)):
            file.seek(_HEAD_BYTES + number * _SEALED_BYTES)
            nonce = _nonce(number, is_last=number == count - 1)
            try:
                piece = cipher.decrypt(nonce, file.read(_SEALED_BYTES), _about(head, key))
            except (InvalidTag, ValueError):
                raise SealBroken(key, f"piece {number} was changed since it was sealed") from None
            first = number * PIECE_BYTES
            yield piece[max(0, start - first) : stop - first]


def _write(target: Path, key: str, pieces: Iterator[bytes]) -> tuple[int, str]:
    """Seal whole pieces, the last of which may be short, and return size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    head, cipher = _new_head(key)
    with target.open("wb") as out:
        out.write(head)
        for number, piece, is_last in _numbered(pieces):
            digest.update(piece)
            size += len(piece)
            out.write(cipher.encrypt(_nonce(number, is_last=is_last), piece, _about(head, key)))
    return size, digest.hexdigest()


def _numbered(pieces: Iterator[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Yield each piece with its number and whether it is the last; an empty file has one."""
    number, piece = 0, next(pieces, b"")
    for following in pieces:
        yield number, piece, False
        number, piece = number + 1, following
    yield number, piece, True


def _new_head(key: str) -> tuple[bytes, AESGCM]:
    ring, salt = keyring(), secrets.token_bytes(_SALT_BYTES)
    return _MAGIC + ring.newest_id + salt, ring.of_stream(ring.newest_id, salt, key)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(_COUNT_BYTES, "big") + (b"\x01" if is_last else b"\x00")


def _about(head: bytes, key: str) -> bytes:
    return head + key.encode()


def _existing(key: str) -> Path:
    if not _KEY.match(key) or not _place(key).is_file():
        raise NotFound(key)
    return _place(key)


def _place(key: str) -> Path:
    return current_settings().data_dir / SHELF / key[:2] / key
