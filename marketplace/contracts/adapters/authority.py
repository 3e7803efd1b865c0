"""The house's own certificate authority: made on first use, kept in a file only its owner reads.

Each party gets a certificate that names them, for a key that signs once and is then forgotten:
nobody, not even the house, can sign in their name again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from marketplace.contracts.seals import name_in_certificate

# The demo world signs in the past, and a clock may be moved: the authority is older than both.
_BEGAN_BEFORE: Final = timedelta(days=10 * 365)
_LASTS: Final = timedelta(days=40 * 365)
_PARTY_LASTS: Final = timedelta(days=10 * 365)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and the key it is for."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class Authority:
    """Issues certificates. `folder` keeps its key (mode 0600), encrypted if there is a secret."""

    def __init__(self, folder: Path, house: str, secret: str | None = None) -> None:
        self._folder = folder
        self._house = house
        self._secret = secret
        self._known: Issued | None = None

    def root(self, at: datetime) -> Issued:
        """Return the authority's own certificate and key; made now if there is none yet."""
        if self._known is None:
            place = self._folder / "authority.pem"
            if not place.exists():
                self._make(place, at)
            self._known = self._load(place)
        return self._known

    def issue(self, *, name: str, number: str, unit: str, serial: int, at: datetime) -> Issued:
        """Return a certificate for a fresh key: `name` signs contract `unit` as party `number`."""
        root, key = self.root(at), ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, name_in_certificate(name)),
                x509.NameAttribute(NameOID.USER_ID, number),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            ]
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root.certificate.subject)
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(at - timedelta(minutes=1))
            .not_valid_after(at + _PARTY_LASTS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_files=True), critical=True)
            .sign(root.key, hashes.SHA256())
        )
        return Issued(certificate, key)

    def _make(self, place: Path, at: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, name_in_certificate(self._house)),
                x509.NameAttribute(NameOID.COMMON_NAME, "Contract authority"),
            ]
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - _BEGAN_BEFORE)
            .not_valid_after(at + _LASTS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_files=False), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = certificate.public_bytes(Encoding.PEM)
        pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, self._lock())
        _keep_once(place, pem)

    def _load(self, place: Path) -> Issued:
        pem = place.read_bytes()
        password = self._secret.encode() if self._secret and b"ENCRYPTED" in pem else None
        key = load_pem_private_key(pem[pem.index(b"-----BEGIN", 1) :], password)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{place} holds no key of ours")
        return Issued(x509.load_pem_x509_certificate(pem), key)

    def _lock(self) -> KeySerializationEncryption:
        return BestAvailableEncryption(self._secret.encode()) if self._secret else NoEncryption()


def _usage(*, signs_files: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs_files,
        content_commitment=signs_files,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs_files,
        crl_sign=not signs_files,
        encipher_only=False,
        decipher_only=False,
    )


def _keep_once(place: Path, content: bytes) -> None:
    """Write a file that only its owner reads; whoever was quicker keeps theirs."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = place.with_suffix(f".{os.getpid()}.part")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    try:
        os.link(half, place)
    except FileExistsError:
        pass
    finally:
        half.unlink()
