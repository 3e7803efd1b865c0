"""The escrow providers behind the port, each with the hands of the people on its other side.

What happens on a provider's pages and at its banks is done here by one vocabulary, so that one
suite can hold every adapter to the port's promises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

from marketplace.escrow.adapters.simulator import SimulatorGateway
from marketplace.escrow.gateway import Gateway
from marketplace.kernel import clock
from marketplace.simulator.bank import Bank
from marketplace.simulator.refusals import Denied
from marketplace.simulator.teller import Teller
from tests.builders.escrow import Wire
from tests.builders.simulator import KEY, SECRET, SITE, a_bank
from tests.builders.stripe import Stripe, a_gateway, a_stripe
from tests.standin import cards, courier
from tests.standin.account import ORDER_LOST
from tests.standin.payments import Declined

Notice = tuple[bytes, dict[str, str]]

# How somebody pays, in words that each provider has a card for.
GOOD: Final = "good"
DECLINED: Final = "declined"
WALLET: Final = "wallet"
STEP_UP: Final = "step_up"
DECLINED_LATER: Final = "declined_later"
REFUND_RETURNS: Final = "refund_returns"


class Provider(Protocol):
    """A provider and those who use its pages and sit at its desks."""

    gateway: Gateway
    wallet: str  # what a payment by wallet is called

    def use_page(self, ref: str, way: str = GOOD) -> bool:
        """Pay, or save a card; False if the page refused."""

    def onboard(self, ref: str) -> None:
        """A payee tells all that is asked."""

    def restrict(self, ref: str) -> None:
        """A payee may be paid no more."""

    def dispute(self, payment_ref: str) -> None:
        """Whoever paid takes it back through their bank."""

    def fail_payout(self, ref: str) -> None:
        """The platform's bank sends a payout back."""

    def verify(self, ref: str, *, readable: bool) -> None:
        """Somebody shows their papers."""

    def lose_next_answer(self) -> None:
        """The next order is carried out, and nobody hears of it."""

    def notices(self) -> list[Notice]:
        """What was told since the last time."""


class SimulatorProvider:
    """Harbour Escrow in this process."""

    wallet = "wallet"

    def __init__(self, bank: Bank) -> None:
        self._teller, self._wire = Teller(bank), Wire(bank)
        self.gateway: Gateway = SimulatorGateway(SITE, KEY, SECRET, transport=self._wire)

    def use_page(self, ref: str, way: str = GOOD) -> bool:
        try:
            self._teller.pay(ref, _SIMULATOR_WAYS[way])
        except Denied:
            return False
        return True

    def onboard(self, ref: str) -> None:
        self._teller.onboard(ref)

    def restrict(self, ref: str) -> None:
        self._teller.restrict(ref)

    def dispute(self, payment_ref: str) -> None:
        self._teller.dispute(payment_ref)

    def fail_payout(self, ref: str) -> None:
        self._teller.fail_payout(ref)

    def verify(self, ref: str, *, readable: bool) -> None:
        self._teller.verify(ref, readable=readable)

    def lose_next_answer(self) -> None:
        self._wire.trouble.append("answer_lost")

    def notices(self) -> list[Notice]:
        found: list[Notice] = []

        def take(body: bytes, headers: Mapping[str, str]) -> int:
            found.append((body, dict(headers)))
            return 200

        self._teller.deliver_pending(take)
        return found


class StripeProvider:
    """Stripe, stood in for on loopback."""

    wallet = "alipay"

    def __init__(self, account: Stripe) -> None:
        self.account = account
        self.gateway: Gateway = a_gateway(account)

    def use_page(self, ref: str, way: str = GOOD) -> bool:
        try:
            self.account.pay(ref, _STRIPE_WAYS[way])
        except Declined:
            return False
        return True

    def onboard(self, ref: str) -> None:
        self.account.onboard(ref)

    def restrict(self, ref: str) -> None:
        self.account.onboard(ref, "restricted")

    def dispute(self, payment_ref: str) -> None:
        self.account.dispute(self.account.objects[payment_ref]["latest_charge"])

    def fail_payout(self, ref: str) -> None:
        self.account.fail_payout(ref)

    def verify(self, ref: str, *, readable: bool) -> None:
        self.account.verify(ref, readable=readable)

    def lose_next_answer(self) -> None:
        self.account.trouble.append(ORDER_LOST)

    def notices(self) -> list[Notice]:
        found: list[Notice] = []

        def take(_path: str, body: bytes, headers: Mapping[str, str]) -> int:
            found.append((body, dict(headers)))
            return 200

        courier.deliver(self.account, take)
        return found


_SIMULATOR_WAYS: Final = {
    GOOD: "4242424242424242",
    DECLINED: "4000000000000002",
    WALLET: "wallet",
    STEP_UP: "4000002760003184",
    DECLINED_LATER: "4000000000000341",
    REFUND_RETURNS: "4000000000007726",
}
_STRIPE_WAYS: Final = {
    GOOD: cards.GOOD,
    DECLINED: cards.DECLINED,
    WALLET: "alipay",
    STEP_UP: cards.STEP_UP,
    DECLINED_LATER: cards.SAVED_THEN_DECLINED,
    REFUND_RETURNS: cards.REFUND_RETURNS,
}


@contextmanager
def a_simulator(database_url: str) -> Iterator[Provider]:
    """The simulator, without any history."""
    bank = a_bank(database_url)
    try:
        yield SimulatorProvider(bank)
    finally:
        bank.store.close()


@contextmanager
def a_standin(_database_url: str) -> Iterator[Provider]:
    """Stripe, whose payees must be onboarded; nothing wrong may have been asked of it."""
    with a_stripe(ready=None) as account:
        yield StripeProvider(account)
        assert account.mistakes == []


PROVIDERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "simulator": a_simulator,
    "stripe": a_standin,
}


def let_days_pass(provider: Provider, hand: clock.Hand, days: int) -> None:
    """Let the provider's own work of some days be done, day by day."""
    for _ in range(days):
        hand.advance(days=1)
        provider.notices()
