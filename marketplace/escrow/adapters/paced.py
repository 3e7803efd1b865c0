"""A provider that is called at its pace: each call waits for its turn, and for better times.

Wrapped around the adapter of a running site, so the demo world and tests that carry the provider
in their own process wait for nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar

from flask import has_request_context

from marketplace.escrow.gateway import (
    UNREACHABLE,
    Busy,
    Cash,
    Delivery,
    Faulty,
    Gateway,
    Never,
    NoAnswer,
    NotNow,
    Onboarding,
    Seen,
    SeenDispute,
    SeenPayee,
    SeenVerification,
    Statement,
)
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
from marketplace.escrow.services import pacing
from marketplace.escrow.states import Kind
from marketplace.kernel.errors import ProviderTrouble

PERSON_WAITS: Final = timedelta(seconds=2)  # then the page says that it is not their turn yet
WORKER_WAITS: Final = timedelta(seconds=10)

T = TypeVar("T")


class PacedGateway(Gateway):
    """Calls `inner` at the pace of its terms, for all our processes together.

    Raises `Unasked` where nobody may call soon enough; everything else is the provider's answer.
    """

    def __init__(self, inner: Gateway) -> None:
        self._inner = inner
        self.name = inner.name
        self.terms = inner.terms

    def open_checkout(self, order: CheckoutOrder) -> Seen:
        """Open a hosted page."""
        return self._call(Kind.CHECKOUT, lambda: self._inner.open_checkout(order))

    def expire_checkout(self, ref: str, key: str) -> Seen:
        """Close a hosted page."""
        return self._call("expire", lambda: self._inner.expire_checkout(ref, key))

    def refund(self, order: RefundOrder) -> Seen:
        """Give money back."""
        return self._call(Kind.REFUND, lambda: self._inner.refund(order))

    def transfer(self, order: TransferOrder) -> Seen:
        """Pay a payee."""
        return self._call(Kind.TRANSFER, lambda: self._inner.transfer(order))

    def reverse_transfer(self, order: ReversalOrder) -> Seen:
        """Take a transfer back."""
        return self._call(Kind.REVERSAL, lambda: self._inner.reverse_transfer(order))

    def top_up(self, order: TopUpOrder) -> Seen:
        """Put the platform's own money in."""
        return self._call(Kind.TOP_UP, lambda: self._inner.top_up(order))

    def onboard(self, order: PayeeOrder) -> Onboarding:
        """Register a payee and return where they finish."""
        return self._call("onboard", lambda: self._inner.onboard(order))

    def payee(self, ref: str) -> SeenPayee:
        """Read a payee back."""
        return self._call("payee", lambda: self._inner.payee(ref))

    def find(self, kind: Kind, operation_id: str, hint: str | None = None) -> Seen | None:
        """Read back what was made for `operation_id`."""
        return self._call(f"find.{kind}", lambda: self._inner.find(kind, operation_id, hint))

    def read(self, kind: Kind, ref: str) -> Seen:
        """Read one thing back."""
        return self._call(f"read.{kind}", lambda: self._inner.read(kind, ref))

    def verify_delivery(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Delivery:
        """Check and read a notice; nobody is called."""
        return self._inner.verify_delivery(body, headers, now)

    def read_delivery(self, body: bytes) -> Delivery:
        """Read a notice; nobody is called."""
        return self._inner.read_delivery(body)

    def movements(self, since: str) -> Statement:
        """Return the statement after a cursor."""
        return self._call("movements", lambda: self._inner.movements(since))

    def balances(self) -> list[Cash]:
        """Return what the provider holds."""
        return self._call("balances", self._inner.balances)

    def open_setup(self, order: CheckoutOrder) -> Seen:
        """Open a hosted page that saves a means of payment."""
        return self._call(Kind.SETUP, lambda: self._inner.open_setup(order))

    def charge_saved(self, order: ChargeOrder) -> Seen:
        """Charge a saved means."""
        return self._call(Kind.CHARGE, lambda: self._inner.charge_saved(order))

    def pay_out(self, order: PayoutOrder) -> Seen:
        """Pay the platform's own money out."""
        return self._call(Kind.PAYOUT, lambda: self._inner.pay_out(order))

    def pays_out_unasked(self) -> bool:
        """Whether the provider pays out by itself."""
        return self._call("settings", self._inner.pays_out_unasked)

    def stop_payouts(self, key: str) -> None:
        """Make it pay out only what it is asked to."""
        self._call("settings", lambda: self._inner.stop_payouts(key))

    def dispute(self, ref: str) -> SeenDispute:
        """Read a dispute back."""
        return self._call("dispute", lambda: self._inner.dispute(ref))

    def contest(self, order: EvidenceOrder) -> SeenDispute:
        """Answer a dispute."""
        return self._call("contest", lambda: self._inner.contest(order))

    def concede(self, ref: str, key: str) -> SeenDispute:
        """Accept a dispute."""
        return self._call("concede", lambda: self._inner.concede(ref, key))

    def verify_person(self, order: VerificationOrder) -> SeenVerification:
        """Open a hosted page on which a person proves who they are."""
        return self._call("verify_person", lambda: self._inner.verify_person(order))

    def verification(self, ref: str) -> SeenVerification:
        """Read a verification back."""
        return self._call("verification", lambda: self._inner.verification(ref))

    def _call(self, endpoint: str, act: Callable[[], T]) -> T:
        patience = PERSON_WAITS if has_request_context() else WORKER_WAITS
        turn = pacing.take(
            self.name,
            f"{self.name}.{endpoint}",
            per_s=self.terms.requests_per_s,
            patience=patience,
        )
        if turn.wait_s > 0:
            threading.Event().wait(turn.wait_s)
        try:
            answer = act()
        except ProviderTrouble as trouble:
            _heed(turn, trouble)
            raise
        pacing.answered(turn)
        return answer


def _heed(turn: pacing.Turn, trouble: ProviderTrouble) -> None:
    """Let what went wrong tell whether others should call just now."""
    match trouble:
        case Busy(after_s=after_s):
            pacing.busy(turn, after_s)
        case Faulty():
            pacing.unanswered(turn)
        case NoAnswer(code=code) if code != "key_reused":
            pacing.unanswered(turn)
        case NotNow(code=code) if code == UNREACHABLE:
            pacing.unanswered(turn)
        case NotNow() | NoAnswer() | Never():
            pacing.answered(turn)
