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
class MeansSaved(Event):
    """A person has saved a means of payment; no money moved."""

    instruction_id: UUID
    purpose: str
    subject_id: UUID
    person_id: UUID
    amount_minor: int
    currency: str
    saved_at: datetime


@dataclass(frozen=True)
class SetupExpired(Event):
    """A means can no longer be saved on the page that was opened for it."""

    instruction_id: UUID
    purpose: str
    subject_id: UUID


@dataclass(frozen=True)
class ChargeFailed(Event):
    """A saved means was not charged. `of_id` is the setup; `reason` the provider's code.

    `authentication_required` means that the person must confirm on a page.
    """

    instruction_id: UUID
    of_id: UUID
    purpose: str
    subject_id: UUID
    person_id: UUID
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True)
class TopUpSettled(Event):
    """Money the platform has brought in itself is with the provider."""

    instruction_id: UUID
    purpose: str
    subject_id: UUID
    amount_minor: int
    currency: str
    at: datetime


@dataclass(frozen=True)
class TopUpFailed(Event):
    """The provider did not get money the platform meant to bring in."""

    instruction_id: UUID
    purpose: str
    subject_id: UUID
    reason: str
    at: datetime


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
class RefundReturned(Event):
    """A refund had arrived and came back; the money is on the instruction's account again."""

    instruction_id: UUID
    of_id: UUID
    purpose: str
    subject_id: UUID
    amount_minor: int
    currency: str
    reason: str
    at: datetime


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
class TransferReturned(Event):
    """A payee had been paid and the money came back to the instruction's account."""

    instruction_id: UUID
    purpose: str
    subject_id: UUID
    person_id: UUID
    amount_minor: int
    currency: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class ReversalSettled(Event):
    """A transfer was taken back. `of_id` is the transfer."""

    instruction_id: UUID
    of_id: UUID
    purpose: str
    subject_id: UUID
    amount_minor: int
    currency: str
    at: datetime


@dataclass(frozen=True)
class ReversalFailed(Event):
    """A transfer could not be taken back: its payee no longer has the money."""

    instruction_id: UUID
    of_id: UUID
    purpose: str
    subject_id: UUID
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True)
class TryAgainAsked(Event):
    """An officer wants a failed transfer tried again: who owes it plans the next try."""

    instruction_id: UUID
    purpose: str
    subject_id: UUID


@dataclass(frozen=True)
class PayeeWithdrawn(Event):
    """The provider pays a person no more until they have given it what it asks for."""

    person_id: UUID
    at: datetime


@dataclass(frozen=True)
class PayeeBankRefused(Event):
    """A person's own bank sent back what the provider had paid on to it."""

    person_id: UUID
    amount_minor: int
    currency: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class PayeeReady(Event):
    """A person has finished onboarding and can be paid."""

    person_id: UUID


@dataclass(frozen=True)
class DifferenceStands(Event):
    """Ledger and provider have disagreed on something for a day."""

    difference_id: UUID
    type: str
    currency: str
    here_minor: int
    there_minor: int
    provider_ref: str
    since: datetime


@dataclass(frozen=True)
class DisputeOpened(Event):
    """A payment is disputed. Whether its money is gone, `MoneyTakenBack` says."""

    dispute_id: UUID
    instruction_id: UUID
    purpose: str
    subject_id: UUID
    person_id: UUID
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True)
class MoneyTakenBack(Event):
    """The bank of who paid has taken a disputed payment back; it is on `loss:chargeback`."""

    dispute_id: UUID
    instruction_id: UUID
    purpose: str
    subject_id: UUID
    person_id: UUID
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class DisputeClosed(Event):
    """A dispute is decided. Won, its money is with the provider again."""

    dispute_id: UUID
    instruction_id: UUID
    purpose: str
    subject_id: UUID
    person_id: UUID
    amount_minor: int
    currency: str
    won: bool
