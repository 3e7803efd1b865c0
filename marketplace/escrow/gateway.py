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
from typing import Final, Protocol

from marketplace.escrow.limits import Limits
from marketplace.escrow.orders import (
    ChargeOrder,
    CheckoutOrder,
    EvidenceOrder,
    PayeeOrder,
    PayoutOrder,
    RefundOrder,
    ReversalOrder,
    TopUpOrder,
    TransferOrder,
    VerificationOrder,
)
from marketplace.escrow.states import Kind
from marketplace.kernel.errors import ProviderTrouble, Refusal
from marketplace.kernel.money import Money


class NotNow(ProviderTrouble):
    """The provider refused and nothing happened; later it may accept."""


class Busy(NotNow):
    """Too many requests: everybody who wants the same waits, `after_s` where that was said."""

    def __init__(self, message: str, code: str = "rate_limited", after_s: float = 0.0) -> None:
        super().__init__(message, code=code)
        self.after_s = after_s


class Unasked(NotNow):
    """Nobody was called: too many wait for their turn, or the provider is not well just now."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message, code="not_asked")
        self.wait_s = wait_s


class Never(ProviderTrouble):
    """The provider refused and nothing happened; it will never accept this order."""


class NoAnswer(ProviderTrouble):
    """No usable answer: the order may have been carried out."""

    def __init__(self, message: str, code: str = "no_answer") -> None:
        super().__init__(message, unknown=True, code=code)


class Faulty(NoAnswer):
    """The provider answered that it failed; it may answer so for ever under the same key."""


TOO_MANY: Final = "too_many"
"""The code of a `NotNow` from `find` that had too much to look through to be sure."""

UNREACHABLE: Final = "unreachable"
"""The code of a `NotNow` whose call never arrived, or which only wanted to read."""


class Forged(Refusal):
    """A delivery that is not the provider's, or not of now.

    Its code is `signature_wrong`, `signature_stale`, `wrong_mode`, `wrong_account` or
    `body_unreadable`.
    """


class Standing(StrEnum):
    """How far the provider is with something."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    RETURNED = "returned"  # it had succeeded, and the money came back


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing at the provider as it was seen.

    `payment_ref` is what a refund must name, and of a setup what a charge must name. `method`
    is the name of the way it was paid, as in `Terms.methods`; empty where that is not known.
    """

    kind: Kind
    ref: str
    operation_id: str
    standing: Standing
    amount: Money
    at: datetime | None = None
    payment_ref: str | None = None
    url: str | None = None
    reason: str = ""
    method: str = ""


class DisputeStanding(StrEnum):
    """How far a dispute about a payment is."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class SeenDispute:
    """A payment somebody had taken back through their bank, as it was seen.

    `operation_id` is that of the disputed payment, empty where the provider does not repeat it;
    `payment_ref` always names the payment. `withdrawn` says whether the money is gone just now.
    """

    ref: str
    payment_ref: str
    operation_id: str
    amount: Money
    standing: DisputeStanding
    reason: str
    opened_at: datetime
    withdrawn: bool
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeenVerification:
    """How far the provider is with checking who a person is."""

    ref: str
    operation_id: str
    standing: Standing
    url: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SeenPayee:
    """A payee at the provider as it was seen.

    `holder` is whose account it is by the provider's books, `ending` the last digits of the
    account where it shows them; both are empty where it says nothing.
    """

    ref: str
    operation_id: str
    ready: bool
    at: datetime | None = None
    holder: str = ""
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a payee's own bank sent back: it waits on their account at the provider."""

    payee_ref: str
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True)
class Onboarding:
    """Where a person finishes their onboarding, and who they are at the provider."""

    payee: SeenPayee
    url: str


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the provider's statement. `amount` is signed and before `fee`.

    `method` is how a charge was paid, as in `Terms.methods`, where the statement tells.
    """

    ref: str
    # charge, refund, refund_failure, transfer, transfer_failure, reversal, topup, payout,
    # payout_failure, dispute, dispute_reversal, fee, or the provider's word for others
    kind: str
    source_ref: str
    operation_id: str
    amount: Money
    fee: Money
    available_at: datetime
    created_at: datetime
    method: str = ""


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
    """One notice of the provider, read. About one of six things, or about none of ours.

    `payee_ref` says that something about a payee has changed, but not what: it must be read.
    `account_ref` says on whose own account it happened, where that is not the platform's: it
    must be a payee of ours.
    """

    event_id: str
    kind: str
    seen: Seen | None = None
    payee: SeenPayee | None = None
    payee_ref: str | None = None
    dispute: SeenDispute | None = None
    verification: SeenVerification | None = None
    account_ref: str | None = None
    bounce: Bounce | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A way to pay. `deferrable` says whether it can be saved now and charged later.

    For `dispute_days` after it was paid the payer's bank may take it back; None: it is final.
    """

    name: str
    deferrable: bool
    refund_days: int | None = None
    dispute_days: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider promises. `label` is the honest name of who holds the money."""

    label: str
    holding_limit_days: int
    methods: tuple[Method, ...]
    is_escrow_in_law: bool = False
    hosted_origins: tuple[str, ...] = field(default=())
    requests_per_s: int = 20  # to one endpoint, from all our processes together
    key_memory_hours: int = 24  # afterwards a repeated key may be a second order

    @property
    def limits(self) -> Limits:
        """How long money may be held and given back."""
        return Limits(
            self.holding_limit_days, {each.name: each.refund_days for each in self.methods}
        )


class Gateway(Protocol):
    """An escrow provider. What has a body here is not offered by every one."""

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

    def open_setup(self, order: CheckoutOrder) -> Seen:  # noqa: ARG002 - what a provider that offers it needs
        """Open a hosted page that saves a means of payment and charges nothing.

        The answer's amount is what a later charge will take. `expire_checkout` closes it too.
        """
        raise _not_offered(self.name, "open_setup")

    def charge_saved(self, order: ChargeOrder) -> Seen:  # noqa: ARG002 - what a provider that offers it needs
        """Charge a saved means; a decline is seen as failed, with the provider's reason.

        Where the person must confirm, it has failed with `authentication_required`.
        """
        raise _not_offered(self.name, "charge_saved")

    def pay_out(self, order: PayoutOrder) -> Seen:  # noqa: ARG002 - what a provider that offers it needs
        """Pay the platform's own money out; open until it has arrived."""
        raise _not_offered(self.name, "pay_out")

    def pays_out_unasked(self) -> bool:
        """Whether the provider sends the platform's balance to its bank by itself.

        It must not: what it sent away cannot be released or given back.
        """
        return False

    def stop_payouts(self, key: str) -> None:  # noqa: ARG002 - what a provider that offers it needs
        """Make the provider pay out only what it is asked to."""
        raise _not_offered(self.name, "stop_payouts")

    def dispute(self, ref: str) -> SeenDispute:  # noqa: ARG002 - what a provider that offers it needs
        """Read a dispute back."""
        raise _not_offered(self.name, "dispute")

    def contest(self, order: EvidenceOrder) -> SeenDispute:  # noqa: ARG002 - what a provider that offers it needs
        """Answer a dispute; the bank decides."""
        raise _not_offered(self.name, "contest")

    def concede(self, ref: str, key: str) -> SeenDispute:  # noqa: ARG002 - what a provider that offers it needs
        """Accept a dispute; it is lost."""
        raise _not_offered(self.name, "concede")

    def verify_person(self, order: VerificationOrder) -> SeenVerification:  # noqa: ARG002 - what a provider that offers it needs
        """Open a hosted page on which a person proves who they are."""
        raise _not_offered(self.name, "verify_person")

    def verification(self, ref: str) -> SeenVerification:  # noqa: ARG002 - what a provider that offers it needs
        """Read a verification back; an unfinished one carries a fresh address."""
        raise _not_offered(self.name, "verification")


def _not_offered(provider: str, what: str) -> Never:
    """Return the refusal of a provider that cannot do `what`."""
    return Never(f"{provider} does not offer {what}", code="not_offered")


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
