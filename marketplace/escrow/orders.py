"""What the provider is asked to do, one value for each kind of order.

Every order carries the instruction's public id twice: as `operation_id`, by which it can be found
again, and inside `key`, under which the provider answers a repeated order only once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class CheckoutOrder:
    """Ask a person to pay `amount` on the provider's page until `expires_at`."""

    operation_id: str
    key: str
    amount: Money
    description: str
    bundle: str
    return_url: str
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ChargeOrder:
    """Take `amount` from the means a person saved before; the person is not present."""

    operation_id: str
    key: str
    means_ref: str
    amount: Money
    description: str
    bundle: str


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Give `amount` of a payment back."""

    operation_id: str
    key: str
    payment_ref: str
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """Pay `amount` to a payee out of available money."""

    operation_id: str
    key: str
    payee_ref: str
    amount: Money
    bundle: str
    description: str


@dataclass(frozen=True, slots=True)
class ReversalOrder:
    """Take `amount` of a transfer back."""

    operation_id: str
    key: str
    transfer_ref: str
    amount: Money


@dataclass(frozen=True, slots=True)
class TopUpOrder:
    """Put the platform's own money in."""

    operation_id: str
    key: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """Pay `amount` of the platform's own money out to its bank account."""

    operation_id: str
    key: str
    amount: Money
    description: str


@dataclass(frozen=True, slots=True)
class EvidenceOrder:
    """Answer a dispute with what we know of the payment, in plain text."""

    dispute_ref: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class VerificationOrder:
    """Ask the provider to check who a person is."""

    operation_id: str
    key: str
    email: str
    return_url: str


@dataclass(frozen=True, slots=True)
class PayeeOrder:
    """Register a person who will be paid, or continue with `payee_ref`."""

    operation_id: str
    key: str
    payee_ref: str | None
    name: str
    email: str
    return_url: str
