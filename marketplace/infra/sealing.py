"""Private files sealed with AES-256-GCM: without its key nobody reads one, or changes it unseen.

Sealed bytes are: magic, the key's id (8 bytes of its SHA-256), a nonce of 12 bytes, ciphertext and
tag. Magic, key id and the file's name are authenticated too, so that two files cannot be swapped.

The keys are those of FILE_KEYS: the first seals, all of them open. Without any, a development
site keeps one of its own at DATA_DIR/files.key, made on first use.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from marketplace.infra.logs import log
from marketplace.infra.settings import KEY_BYTES, current_settings, file_key
from marketplace.kernel.errors import Broken

_MAGIC: Final = b"KINDLING\x01"
ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_HEAD_BYTES: Final = len(_MAGIC) + ID_BYTES + _NONCE_BYTES
_KEY_FILE: Final = "files.key"


class SealBroken(Broken):
    """A private file is not what was stored: altered, swapped, or sealed with a key we lack."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        log(__name__).error("file_not_opened", file=name, reason=reason)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys a site has; the first one seals."""

    keys: tuple[bytes, ...]

    def seal(self, data: bytes, name: str) -> bytes:
        """Return `data` sealed for the file `name`; never the same bytes twice."""
        head, nonce = _MAGIC + self.newest_id, secrets.token_bytes(_NONCE_BYTES)
        return head + nonce + AESGCM(self.keys[0]).encrypt(nonce, data, head + name.encode())

    def open(self, sealed: bytes, name: str) -> bytes:
        """Return what was sealed for the file `name`; `SealBroken` for anything else."""
        wanted = sealed[len(_MAGIC) : len(_MAGIC) + ID_BYTES]
        key = self._key_of(wanted, name)
        nonce = sealed[_HEAD_BYTES - _NONCE_BYTES : _HEAD_BYTES]
        try:
            known = _MAGIC + wanted + name.encode()
            return AESGCM(key).decrypt(nonce, sealed[_HEAD_BYTES:], known)
        except (InvalidTag, ValueError):
            raise SealBroken(name, "it was changed since it was sealed") from None

    @property
    def newest_id(self) -> bytes:
        """The id of the key that seals."""
        return _id_of(self.keys[0])

    def of_stream(self, key_id: bytes, salt: bytes, name: str) -> AESGCM:
        """Return the cipher of one large file, which has a key of its own drawn from ours."""
        key = self._key_of(key_id, name)
        return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"kindling stream").derive(key))

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the first key sealed it, so that nothing is to be done at a rotation."""
        return sealed.startswith(_MAGIC + self.newest_id)

    def _key_of(self, key_id: bytes, name: str) -> bytes:
        for key in self.keys:
            if _id_of(key) == key_id:
                return key
        raise SealBroken(name, f"no key of ours has the id {key_id.hex()}")


def is_sealed(data: bytes) -> bool:
    """Whether bytes were sealed; no picture or PDF begins as sealed ones do."""
    return data.startswith(_MAGIC)


def new_key() -> str:
    """Return a key as FILE_KEYS holds it."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def keyring() -> Keyring:
    """Return the keys of this site."""
    settings = current_settings()
    told = settings.file_keys or _own_keys(settings.data_dir / _KEY_FILE)
    return Keyring(tuple(_keys(told)))


def _keys(told: Iterable[str]) -> Iterable[bytes]:
    for text in told:
        if (key := file_key(text)) is None:
            raise Broken(f"{_KEY_FILE} holds a line that is no key of {KEY_BYTES} bytes in base64")
        yield key


def _own_keys(file: Path) -> list[str]:
    if not file.exists():
        _make(file)
    return [line.strip() for line in file.read_text().splitlines() if line.strip()]


def _make(file: Path) -> None:
    """Put a key where none is; of two that do so at once one is first, and both use its key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{secrets.token_hex(8)}.part")
    fresh.touch(mode=0o600)
    fresh.write_text(new_key() + "\n")
    try:
        file.hardlink_to(fresh)
    except FileExistsError:
        log(__name__).info("file_key_found", file=str(file))
    finally:
        fresh.unlink()


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"kindling file key" + key).digest()[:ID_BYTES]
