"""The evidence of a contract in one archive, that proves it without us."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Final

from marketplace.contracts import gateway, queries
from marketplace.contracts.queries import ContractRow, PartyRow
from marketplace.infra import files
from marketplace.kernel.errors import NotFound

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # an archive of the same files has the same bytes
_README: Final = """\
{number}: evidence of a signed contract

contract.pdf        the contract, with the signatures in it
evidence.json       who agreed, how and when, and to which words (digests are SHA-256)
certificates/       the certificate of each party, and authority.pem that they lead back to

To check it without us: open contract.pdf in a reader that shows signatures and trust
authority.pem there, or compare the file's SHA-256 with "signed_sha256" in evidence.json:

    sha256sum contract.pdf

Each party's certificate was issued by the authority:

    openssl verify -CAfile certificates/authority.pem certificates/<party>.pem
"""


def archive(found: ContractRow) -> bytes:
    """Return the archive of a signed contract; `NotFound` before it is signed."""
    if found.signed_key is None:
        raise NotFound(found.number)
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as target:
        for name, content in _entries(found, found.signed_key):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return kept.getvalue()


def _entries(found: ContractRow, key: str) -> Iterator[tuple[str, bytes]]:
    parties = queries.parties(found.id)
    yield "README.txt", _README.format(number=found.number).encode()
    yield "contract.pdf", files.load(key, shelf=files.PRIVATE)
    facts = json.dumps(evidence(found, parties), indent=2, ensure_ascii=False)
    yield "evidence.json", facts.encode()
    yield "certificates/authority.pem", "".join(gateway.current().roots()).encode()
    for party in parties:
        yield f"certificates/{party.ref}.pem", (party.certificate or "").encode()


def evidence(found: ContractRow, parties: list[PartyRow]) -> dict[str, object]:
    """Return who agreed to what, how and when, as plain values."""
    asking = queries.asking(found.id)
    return {
        "contract": found.number,
        "title": found.title,
        "template": [found.template_code, found.template_version, found.template_language],
        "terms": found.terms,
        "terms_sha256": found.terms_hash,
        "document_sha256": found.document_hash,
        "signed_sha256": found.signed_hash,
        "drafted_at": found.drafted_at.isoformat(),
        "signed_at": found.signed_at.isoformat() if found.signed_at else None,
        "signed_by_provider": asking.provider if asking else None,
        "parties": [_party(party) for party in parties],
    }


def _party(party: PartyRow) -> dict[str, object]:
    share = party.share
    return {
        "party": party.ref,
        "role": party.role,
        "name": party.name,
        "share": f"{share.currency} {share.decimal()}" if share else None,
        "how": party.how,
        "agreed_at": party.agreed_at.isoformat() if party.agreed_at else None,
        "shown_sha256": party.shown_hash,
        "session_sha256": party.session_hash,
        "address_sha256": party.address_hash,
        "signed_at": party.signed_at.isoformat() if party.signed_at else None,
        "certificate_serial": party.serial,
        "signature": party.signature,
    }
