"""Files under DATA_DIR, named by their content: the same bytes are stored once a shelf.

Two shelves: what anyone may see whoever knows the name (`FILES`), and what is handed out to those
who may read it only (`PRIVATE`), which is kept sealed. A key of the first finds nothing on the
second, nor the other way round.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from marketplace.infra.sealing import Keyring, SealBroken, is_sealed, keyring
from marketplace.infra.settings import current_settings
from marketplace.kernel.errors import NotFound

_PDF: Final = ".pdf"
_SUFFIXES: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/pdf": _PDF,
}
FILES: Final = "files"
PRIVATE: Final = "private"

_KEY = re.compile(r"^[0-9a-f]{64}\.[a-z]{3,4}$")


def store(data: bytes, content_type: str, *, shelf: str = FILES) -> str:
    """Keep `data` and return its key; a content type we do not serve is a ValueError."""
    if content_type not in _SUFFIXES:
        raise ValueError(f"files of type {content_type} are not kept")
    key = hashlib.sha256(data).hexdigest() + _SUFFIXES[content_type]
    target = _place(key, shelf)
    if not target.exists():
        _write(target, keyring().seal(data, key) if shelf == PRIVATE else data)
    return key


def load(key: str, *, shelf: str = FILES) -> bytes:
    """Return the bytes kept under `key`; `NotFound` if there are none.

    On the private shelf they are exactly what was stored, or `SealBroken`; a file from before
    there were seals is taken as it lies.
    """
    if shelf != PRIVATE:
        return path(key).read_bytes()
    return _opened(_found(key).read_bytes(), key, keyring())


def path(key: str) -> Path:
    """Return where a public file is kept; `NotFound` for anything that is not a key of ours."""
    return _existing(key, FILES)


def content_type(key: str) -> str:
    """Return the type `key` was stored with."""
    suffix = "." + key.rpartition(".")[2]
    return next(kind for kind, known in _SUFFIXES.items() if known == suffix)


class Outcome(StrEnum):
    """What became of a file when the shelf was sealed anew."""

    SEALED = "sealed"
    LEFT = "left"  # the newest key had sealed it already
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Seen:
    """One file of a round."""

    key: str
    outcome: Outcome
    reason: str = ""


def seal_all() -> Iterator[Seen]:
    """Seal every private file with the newest key, one by one, and say what became of each.

    It may stop anywhere and begin again: each file is replaced at once or not at all, and those
    that are done are left. One that cannot be opened is left as it lies.
    """
    ring = keyring()
    for shelf in (PRIVATE, FILES):
        for place in sorted((current_settings().data_dir / shelf).glob("??/*")):
            if _KEY.match(place.name) and (shelf == PRIVATE or place.suffix == _PDF):
                yield _sealed_anew(place, ring)


def _sealed_anew(place: Path, ring: Keyring) -> Seen:
    key, kept = place.name, place.read_bytes()
    target = _place(key, PRIVATE)
    if place == target and ring.is_newest(kept):
        return Seen(key, Outcome.LEFT)
    try:
        data = _opened(kept, key, ring)
    except SealBroken as trouble:
        return Seen(key, Outcome.BROKEN, str(trouble))
    _write(target, ring.seal(data, key))
    if place != target:
        place.unlink()
    return Seen(key, Outcome.SEALED)


def _opened(kept: bytes, key: str, ring: Keyring) -> bytes:
    data = ring.open(kept, key) if is_sealed(kept) else kept
    if not key.startswith(hashlib.sha256(data).hexdigest()):
        raise SealBroken(key, "its content is not what its name says")
    return data


def _found(key: str) -> Path:
    """Return where a private file lies. Contracts lay among the public ones before the seals."""
    try:
        return _existing(key, PRIVATE)
    except NotFound:
        if not key.endswith(_PDF):
            raise
        return _existing(key, FILES)


def _existing(key: str, shelf: str) -> Path:
    if not _KEY.match(key):
        raise NotFound(key)
    place = _place(key, shelf)
    if not place.is_file():
        raise NotFound(key)
    return place


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: sealed twice, the same content is never the same bytes.
    half_written = target.with_suffix(f".{secrets.token_hex(8)}.part")
    half_written.write_bytes(data)
    half_written.replace(target)


def _place(key: str, shelf: str) -> Path:
    return current_settings().data_dir / shelf / key[:2] / key
