"""The port: what the product asks of an escrow provider, in the field's words.

An adapter translates; it decides nothing. Every order carries the instruction's public id
twice: as `operation_id`, by which it can be found again, and inside `key`, under which the
provider answers a repeated order only once. Calls answer with a `Seen`, or raise one of three:
`NotNow` (nothing happened, try later), `Never` (nothing happened, trying again is useless),
`NoAnswer` (it may have happened: read back).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from marketplace.escrow.states import Kind
from marketplace.kernel.errors import ProviderTrouble, Refusal
from marketplace.kernel.money import Money


class NotNow(ProviderTrouble):
    """The provider refused and nothing happened; later it may accept."""


class Never(ProviderTrouble):
    """The provider refused and nothing happened; it will never accept this order."""


class NoAnswer(ProviderTrouble):
    """No usable answer: the order may have been carried out."""

    def __init__(self, message: str, code: str = "no_answer") -> None:
        super().__init__(message, unknown=True, code=code)


class Forged(Refusal):
    """A delivery that is not the provider's, or not of now.

    Its code is `signature_wrong`, `signature_stale`, `wrong_mode` or `body_unreadable`.
    """


class Standing(StrEnum):
    """How far the provider is with something."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing at the provider as it was seen. `payment_ref` is what a refund must name."""

    kind: Kind
    ref: str
    operation_id: str
    standing: Standing
    amount: Money
    at: datetime | None = None
    payment_ref: str | None = None
    url: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SeenPayee:
    """A payee at the provider as it was seen."""

    ref: str
    operation_id: str
    ready: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Onboarding:
    """Where a person finishes their onboarding, and who they are at the provider."""

    payee: SeenPayee
    url: str


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
class PayeeOrder:
    """Register a person who will be paid, or continue with `payee_ref`."""

    operation_id: str
    key: str
    payee_ref: str | None
    name: str
    email: str
    return_url: str


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the provider's statement. `amount` is signed and before `fee`."""

    ref: str
    kind: str  # charge, refund, transfer, reversal, topup, or the provider's word for others
    source_ref: str
    operation_id: str
    amount: Money
    fee: Money
    available_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of movements, oldest first. `cursor` continues after it; `more` says whether to."""

    movements: Sequence[Movement]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class Cash:
    """What the provider holds for the platform in one currency."""

    available: Money
    pending: Money


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice of the provider, read. About a thing, about a payee, or about neither.

    `payee_ref` says that something about a payee has changed, but not what: it must be read.
    """

    event_id: str
    kind: str
    seen: Seen | None = None
    payee: SeenPayee | None = None
    payee_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A way to pay. `deferrable` says whether it can be saved now and charged later."""

    name: str
    deferrable: bool
    refund_days: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider promises. `label` is the honest name of who holds the money."""

    label: str
    holding_limit_days: int
    methods: tuple[Method, ...]
    is_escrow_in_law: bool = False
    hosted_origins: tuple[str, ...] = field(default=())


class Gateway(Protocol):
    """An escrow provider."""

    name: str
    terms: Terms

    def open_checkout(self, order: CheckoutOrder) -> Seen:
        """Open a hosted page; the answer carries its address."""

    def expire_checkout(self, ref: str, key: str) -> Seen:
        """Close a page nobody shall pay any more; a paid one is seen as succeeded."""

    def refund(self, order: RefundOrder) -> Seen:
        """Give money back; open until the provider has it available."""

    def transfer(self, order: TransferOrder) -> Seen:
        """Pay a payee; `NotNow` while the money is not available or the payee not ready."""

    def reverse_transfer(self, order: ReversalOrder) -> Seen:
        """Take a transfer back."""

    def top_up(self, order: TopUpOrder) -> Seen:
        """Put the platform's own money in."""

    def onboard(self, order: PayeeOrder) -> Onboarding:
        """Register a payee if need be and return a fresh address of the onboarding page."""

    def payee(self, ref: str) -> SeenPayee:
        """Read a payee back."""

    def find(self, kind: Kind, operation_id: str, hint: str | None = None) -> Seen | None:
        """Read back what was made for `operation_id`; None if the provider knows nothing of it.

        `hint` narrows the search where a provider cannot search by metadata: the payment of a
        refund, the transfer of a reversal, the bundle of a transfer. `NotNow` where there was too
        much to look through to be sure.
        """

    def read(self, kind: Kind, ref: str) -> Seen:
        """Read one thing back by the provider's own reference."""

    def verify_delivery(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Delivery:
        """Check the signature of a notice and read it; `Forged` if it is not to be trusted."""

    def read_delivery(self, body: bytes) -> Delivery:
        """Read a notice whose signature has been checked before."""

    def movements(self, since: str) -> Statement:
        """Return the statement after the cursor `since`; empty for the beginning."""

    def balances(self) -> list[Cash]:
        """Return what the provider holds, by currency."""


_installed: Gateway | None = None


def install(gateway: Gateway) -> None:
    """Make `gateway` the provider of this process."""
    global _installed  # noqa: PLW0603 - one provider a process
    _installed = gateway


def current() -> Gateway:
    """Return the provider of this process."""
    if _installed is None:
        raise RuntimeError("the wiring installs the escrow provider")
    return _installed
