"""The signatures in a file, read and proved without asking anybody: offline, by their roots."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from asn1crypto import pem, x509
from cryptography import x509 as certificates
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

ENCLOSURE: Final = "consents.json"
_NAME_BYTES_MAX: Final = 64  # X.520's bound of a common name, which cryptography takes in bytes
# What is wrong with a stranger's file is answered, not logged line by line.
for _noisy in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_noisy).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Seal:
    """One signature: whose, when, whether its words are untouched and its root is ours.

    `covers` is whether nothing was added to the file after it that it does not allow.
    """

    name: str
    party: str
    contract: str
    at: datetime | None
    intact: bool
    trusted: bool
    covers: bool

    @property
    def holds(self) -> bool:
        """Whether it proves anything."""
        return self.intact and self.trusted and self.covers


def seals(content: bytes, roots: Sequence[str]) -> list[Seal]:
    """Return the signatures in a file, those on consents first; none for what is no PDF."""
    try:
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        signatures = list(reader.embedded_signatures)
        enclosed = list(_enclosed(reader, roots))
    except Exception:  # noqa: BLE001 - a broken file breaks its reader in any way, and proves nothing
        return []
    found = [_seal(signature, roots) for signature in signatures]
    if found and not _covers_all(signatures[-1], len(content)):
        found[-1] = replace(found[-1], covers=False)
    return [*enclosed, *found]


def name_in_certificate(name: str) -> str:
    """Return as much of a name as a certificate has room for, in whole letters."""
    return name.encode()[:_NAME_BYTES_MAX].decode(errors="ignore")


def _covers_all(signature: Any, size: int) -> bool:  # noqa: ANN401 - pyHanko's own
    """Whether the last signature reaches to the last byte: whatever stands behind it is foreign."""
    start, _length, rest, more = (int(each) for each in signature.byte_range)
    return start == 0 and rest + more == size


def _seal(signature: Any, roots: Sequence[str]) -> Seal:  # noqa: ANN401 - pyHanko's own
    try:
        at = signature.self_reported_timestamp
        context = ValidationContext(
            trust_roots=[_certificate(root) for root in roots], moment=at, allow_fetching=False
        )
        # pyHanko runs an event loop of its own, which a thread that already has one cannot.
        with ThreadPoolExecutor(1, "seal") as apart:
            found = apart.submit(
                validate_pdf_signature, signature, signer_validation_context=context
            ).result()
        name, party, contract = _named(found.signing_cert.dump())
    except Exception:  # noqa: BLE001 - a broken file breaks its reader in any way, and proves nothing
        return Seal("", "", "", None, intact=False, trusted=False, covers=False)
    return Seal(
        *(name, party, contract, at),
        intact=bool(found.intact and found.valid),
        trusted=bool(found.trusted),
        covers=bool(found.bottom_line),
    )


def _enclosed(reader: PdfFileReader, roots: Sequence[str]) -> Iterator[Seal]:
    """Yield the consents enclosed in the file, each with what its signature is worth."""
    for entry in _register(reader):
        try:
            yield _consent(entry, roots)
        except Exception:  # noqa: BLE001 - a broken file breaks its reader in any way, and proves nothing
            yield Seal("", "", "", None, intact=False, trusted=False, covers=False)


def _consent(entry: dict[str, str], roots: Sequence[str]) -> Seal:
    certificate = certificates.load_pem_x509_certificate(entry["certificate"].encode())
    said = json.loads(entry["statement"])
    name, party, contract = _named(certificate.public_bytes(Encoding.DER))
    told = (name_in_certificate(said["name"]), said["party"], said["contract"])
    own = told == (name, party, contract)
    signed = _is_signed(certificate.public_key(), entry["signature"], entry["statement"].encode())
    return Seal(
        *(name, party, contract, datetime.fromisoformat(said["consent"]["at"])),
        intact=own and signed,
        trusted=any(_is_issued_by(certificate, root) for root in roots),
        covers=True,
    )


def _is_signed(key: Any, signature: str, statement: bytes) -> bool:  # noqa: ANN401 - any key
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(base64.b64decode(signature), statement, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _is_issued_by(certificate: certificates.Certificate, root: str) -> bool:
    try:
        certificate.verify_directly_issued_by(certificates.load_pem_x509_certificate(root.encode()))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _register(reader: PdfFileReader) -> list[dict[str, str]]:
    try:
        names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    except KeyError:
        return []
    for position in range(0, len(names), 2):
        if str(names[position]) == ENCLOSURE:
            register: list[dict[str, str]] = json.loads(names[position + 1]["/EF"]["/F"].data)
            return register
    return []


def _named(der: bytes) -> tuple[str, str, str]:
    """Return whom a certificate names, as which party, for which contract."""
    subject = certificates.load_der_x509_certificate(der).subject
    kinds = (NameOID.COMMON_NAME, NameOID.USER_ID, NameOID.ORGANIZATIONAL_UNIT_NAME)
    found = [subject.get_attributes_for_oid(kind) for kind in kinds]
    name, party, contract = (str(each[0].value) if each else "" for each in found)
    return name, party, contract


def _certificate(root: str) -> x509.Certificate:
    _kind, _headers, der = pem.unarmor(root.encode())
    return x509.Certificate.load(der)
