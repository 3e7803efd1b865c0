"""Files under DATA_DIR, named by their content: the same bytes are stored once a shelf.

Two shelves: what anyone may see whoever knows the name (`FILES`), and what is handed out to those
who may read it only (`PRIVATE`). A key of one shelf finds nothing on the other.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Final

from marketplace.infra.settings import current_settings
from marketplace.kernel.errors import NotFound

_SUFFIXES: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
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
        target.parent.mkdir(parents=True, exist_ok=True)
        half_written = target.with_suffix(f".{os.getpid()}.part")
        half_written.write_bytes(data)
        half_written.replace(target)
    return key


def load(key: str, *, shelf: str = FILES) -> bytes:
    """Return the bytes kept under `key`; `NotFound` if there are none."""
    return path(key, shelf=shelf).read_bytes()


def path(key: str, *, shelf: str = FILES) -> Path:
    """Return where `key` is kept; `NotFound` for anything that is not a key of ours."""
    if not _KEY.match(key):
        raise NotFound(key)
    place = _place(key, shelf)
    if not place.is_file():
        raise NotFound(key)
    return place


def content_type(key: str) -> str:
    """Return the type `key` was stored with."""
    suffix = "." + key.rpartition(".")[2]
    return next(kind for kind, known in _SUFFIXES.items() if known == suffix)


def _place(key: str, shelf: str) -> Path:
    return current_settings().data_dir / shelf / key[:2] / key
