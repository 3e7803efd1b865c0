"""The signer built in: PAdES signatures by the house's own authority, with pyHanko.

Who signs by hand, and the platform last, each sign the file: two PAdES signatures. Who agreed
with an order before signs their consent: the record of it, bound to the document's digest, is
signed with a key of their own and enclosed in the file, under the signatures that follow. So a
loan lent by four hundred is sealed in a second, and everything is checked offline.
"""

from __future__ import annotations

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asn1crypto import keys, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from marketplace.contracts.adapters.authority import Authority, Issued
from marketplace.contracts.consents import How, record, written
from marketplace.contracts.gateway import Order, Signatory, Signature, Signed
from marketplace.contracts.seals import ENCLOSURE
from marketplace.kernel import clock

_RESERVED: Final = 4_096  # hexadecimal digits for one signature with its certificate: some 1,800
# Where the signatures are seen on the last page, in points from its lower left corner.
_BOXES: Final = ((57, 90, 290, 150), (305, 90, 538, 150))
_STAMP: Final = TextStampStyle(stamp_text="%(role)s\n%(ref)s\n%(ts)s", border_width=1)


class BuiltInSigner:
    """Signs in this very process; nothing can get lost on the way."""

    name = "builtin"

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def sign(self, order: Order) -> Signed | None:
        """Seal a document: consents enclosed, then hands, then the platform."""
        hands = [party for party in order.parties if party.consent.how is How.HAND]
        seals = [party for party in order.parties if party.consent.how is How.SEAL]
        others = [party for party in order.parties if party not in {*hands, *seals}]
        signatures = [self._consented(order, party) for party in others]
        document = _enclosed(order, signatures)
        now = clock.now()
        for place, party in enumerate([*hands, *seals]):
            issued = self._issued(order, party)
            at = now if party in seals else party.consent.at
            document = _signed(order, party, issued, document, place=place, at=at)
            signatures.append(_signature(party.id, issued, at))
        return Signed(order.operation_id, document, tuple(signatures), now)

    def find(self, order: Order) -> Signed | None:
        """Nothing is kept here: whoever lost the answer asks again."""
        raise LookupError(order.operation_id)

    def roots(self) -> tuple[str, ...]:
        """Return the authority's certificate."""
        return (_pem(self._authority.root(clock.now())),)

    def _issued(self, order: Order, party: Signatory) -> Issued:
        return self._authority.issue(
            name=party.name,
            number=party.ref,
            unit=order.number,
            serial=party.id.int,
            at=order.at,
        )

    def _consented(self, order: Order, party: Signatory) -> Signature:
        issued = self._issued(order, party)
        value = issued.key.sign(statement(order, party), ec.ECDSA(hashes.SHA256()))
        return _signature(party.id, issued, order.at, base64.b64encode(value).decode())


def statement(order: Order, party: Signatory) -> bytes:
    """Return what a party's key signs: who agreed, how, and to which document."""
    return written(
        {
            "contract": order.number,
            "document_sha256": order.document_hash,
            "party": party.ref,
            "name": party.name,
            "role": party.role,
            "consent": dict(record(party.consent)),
        }
    )


def _enclosed(order: Order, signatures: list[Signature]) -> bytes:
    """Return the document with the consents and their signatures in it."""
    by_party = {signature.party_id: signature for signature in signatures}
    register = [
        {
            "statement": statement(order, party).decode(),
            "signature": by_party[party.id].value,
            "certificate": by_party[party.id].certificate,
        }
        for party in order.parties
        if party.id in by_party
    ]
    writer = IncrementalPdfFileWriter(io.BytesIO(order.document))
    stream = EmbeddedFileObject.from_file_data(
        writer, written(register), mime_type="application/json"
    )
    embed_file(writer, FileSpec(file_spec_string=ENCLOSURE, embedded_data=stream))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


class _DatedSigner(signers.PdfSigner):
    """Signs at the business time: the clock of the host may be another one."""

    at: datetime

    def init_signing_session(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - pyHanko's own
        """Begin to sign, at the given time."""
        session = super().init_signing_session(*args, **more)
        session.system_time = self.at
        return session


def _signed(
    order: Order, party: Signatory, issued: Issued, document: bytes, *, place: int, at: datetime
) -> bytes:
    field = f"Party{place + 1}"
    # One after the other from the left; the boxes are the borrower's and the platform's.
    box = _BOXES[min(place, len(_BOXES) - 1)]
    meta = signers.PdfSignatureMetadata(
        field_name=field,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        name=party.name,
        reason=f"{order.title}, {order.number}",
        location=party.ref,
    )
    signer = _DatedSigner(
        meta,
        _key_holder(issued),
        stamp_style=_STAMP,
        new_field_spec=fields.SigFieldSpec(field, on_page=-1, box=box),
    )
    signer.at = at
    # pyHanko runs an event loop of its own, which a thread that already has one cannot.
    with ThreadPoolExecutor(1, "seal") as apart:
        written_out = apart.submit(
            signer.sign_pdf,
            IncrementalPdfFileWriter(io.BytesIO(document)),
            bytes_reserved=_RESERVED,
            appearance_text_params={"role": f"Signed: {party.role}", "ref": party.ref},
        ).result()
    return bytes(written_out.getvalue())


def _key_holder(issued: Issued) -> signers.SimpleSigner:
    der = issued.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=x509.Certificate.load(issued.certificate.public_bytes(Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(der),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )


def _signature(party_id: UUID, issued: Issued, at: datetime, value: str = "") -> Signature:
    serial = f"{issued.certificate.serial_number:x}"
    return Signature(party_id, _pem(issued), serial, at, value)


def _pem(issued: Issued) -> str:
    return issued.certificate.public_bytes(Encoding.PEM).decode()
