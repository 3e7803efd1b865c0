"""The port of signing: what a provider is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from marketplace.contracts.consents import Consent
from marketplace.kernel.ids import public_id


@dataclass(frozen=True, slots=True)
class Signatory:
    """A party whose agreement is sealed. `by_hand`: they signed the contract itself."""

    id: UUID
    role: str
    name: str
    consent: Consent

    @property
    def ref(self) -> str:
        """The public id of the party within the contract."""
        return public_id("cpt", self.id)


@dataclass(frozen=True, slots=True)
class Order:
    """Seal this document for these parties, then with the platform's own seal."""

    id: UUID
    number: str
    title: str
    platform: str
    document: bytes
    document_hash: str
    parties: tuple[Signatory, ...]
    at: datetime

    @property
    def operation_id(self) -> str:
        """What the provider knows the order by; the same however often it is asked."""
        return public_id("sgn", self.id)


@dataclass(frozen=True, slots=True)
class Signature:
    """One party's signature: the certificate that names them, and when it was set.

    `value` is base64 where the signature stands beside the file and not in it.
    """

    party_id: UUID
    certificate: str
    serial: str
    at: datetime
    value: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A sealed document."""

    ref: str
    document: bytes
    signatures: tuple[Signature, ...]
    at: datetime


class Signer(Protocol):
    """A provider of signatures.

    `sign` and `find` return None while it is still at work. `ProviderTrouble` says whether an
    order may have reached it (`unknown`); `find` raises `LookupError` for one it never saw.
    """

    name: str

    def sign(self, order: Order) -> Signed | None:
        """Seal a document; the same order again gives the same answer or another as good."""

    def find(self, order: Order) -> Signed | None:
        """Read back what became of an order."""

    def roots(self) -> tuple[str, ...]:
        """Return the certificates (PEM) that signatures must lead back to."""


_current: Signer | None = None


def install(signer: Signer) -> None:
    """Make `signer` the one of this process."""
    global _current  # noqa: PLW0603 - one provider a process
    _current = signer


def current() -> Signer:
    """Return the provider of this process."""
    if _current is None:
        raise RuntimeError("a signer is installed by the wiring")
    return _current
