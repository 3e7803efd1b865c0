"""What escrow tells the upper floors, announced in the transaction that makes it true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class CheckoutPaid(Event):
    """A person has paid; the money is on the instruction's account in the ledger.

    `provider_ref` is the payment's own reference at the provider.
    """

    instruction_id: UUID
    purpose: str
    subject_id: UUID
    person_id: UUID
    amount_minor: int
    currency: str
    provider_ref: str
    paid_at: datetime


@dataclass(frozen=True)
class CheckoutExpired(Event):
    """A checkout can no longer be paid; no money moved."""

    instruction_id: UUID
    purpose: str
    subject_id: UUID


@dataclass(frozen=True)
class RefundSettled(Event):
    """The money went back to the person who paid. `of_id` is the checkout it came from."""

    instruction_id: UUID
    of_id: UUID
    purpose: str
    subject_id: UUID
    amount_minor: int
    currency: str
    provider_ref: str
    at: datetime


@dataclass(frozen=True)
class RefundFailed(Event):
    """The money could not go back; it is on the instruction's account again."""

    instruction_id: UUID
    of_id: UUID
    purpose: str
    subject_id: UUID
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True)
class TransferSettled(Event):
    """A payee has been paid."""

    instruction_id: UUID
    purpose: str
    subject_id: UUID
    person_id: UUID
    amount_minor: int
    currency: str
    provider_ref: str
    at: datetime


@dataclass(frozen=True)
class TransferFailed(Event):
    """A payee could not be paid; the money is on the instruction's account again."""

    instruction_id: UUID
    purpose: str
    subject_id: UUID
    person_id: UUID
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True)
class PayeeReady(Event):
    """A person has finished onboarding and can be paid."""

    person_id: UUID
