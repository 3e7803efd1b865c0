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
from marketplace.escrow.queries import bank
from marketplace.escrow.services import bank_orders
from marketplace.escrow.states import Kind
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.simulator.bank import Bank
from marketplace.simulator.refusals import Denied
from marketplace.simulator.teller import Teller
from tests.builders.bank import (
    PAYEES,
    PromptBank,
    at_bank,
    carry,
    carry_all,
    refunds_of,
    send_back,
)
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
    method: str  # what a payment as most people pay is called
    page_days: int  # how long a page may stay unpaid
    # What it does not offer: the names of classes and tests of the suite, and kinds of orders.
    lacks: frozenset[str]

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

    wallet, method, page_days = "wallet", "card", 1
    lacks: frozenset[str] = frozenset()

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

    wallet, method, page_days = "alipay", "card", 1
    lacks: frozenset[str] = frozenset()

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


class BankProvider:
    """A bank, whose officers carry files to and fro at once."""

    wallet, method, page_days = "", "bank_transfer", 6
    lacks = frozenset(
        {
            "TestSavedMeans",
            "TestDisputes",
            "TestVerification",
            "TestDeliveries",
            "test_a_wallet_pays_and_is_named_as_in_the_terms",
            "test_a_declined_card_leaves_the_page_open",
            "test_it_waits_for_available_money",  # what is on the account is available
            "test_only_available_money_is_paid",
            "test_our_own_money_goes_out_and_arrives",  # it is there until it is booked
            "test_one_is_taken_back_in_parts_and_not_beyond",
            "test_that_a_payee_is_ready_is_told",
            "test_a_payee_gets_a_fresh_address_each_time",  # ours is signed, not used up
            "test_its_lines_add_up_to_the_balances_whatever_happens",  # of what only cards do
            "test_what_was_done_without_an_answer_is_found_and_not_done_twice",  # nobody is called
            Kind.SETUP,
            Kind.CHARGE,
            Kind.REVERSAL,
        }
    )

    def __init__(self) -> None:
        self._bank = PromptBank()
        self.gateway: Gateway = self._bank
        self._refunds_return: list[int] = []

    def use_page(self, ref: str, way: str = GOOD) -> bool:
        order = bank.order(int(ref.partition("_")[2]))
        db.session.rollback()
        if order.state != "open":
            return False
        carry(ref)
        if way == REFUND_RETURNS:
            paid = self._bank.read(Kind.CHECKOUT, ref).payment_ref or ""
            self._refunds_return.append(int(paid.partition("_")[2]))
        return True

    def onboard(self, ref: str) -> None:
        bank_orders.tell_account(
            int(ref.partition("_")[2]), holder="Paula Payee", iban=PAYEES, now=clock.now()
        )

    def restrict(self, ref: str) -> None:
        db.session.execute(
            db.text("UPDATE bank_payee SET iban = NULL, ready_at = NULL WHERE id = :id"),
            {"id": int(ref.partition("_")[2])},
        )
        db.session.commit()

    def dispute(self, payment_ref: str) -> None:
        raise LookupError(payment_ref)

    def fail_payout(self, ref: str) -> None:
        send_back(ref)

    def verify(self, ref: str, *, readable: bool) -> None:
        raise LookupError(ref, readable)

    def lose_next_answer(self) -> None:
        raise LookupError

    def notices(self) -> list[Notice]:
        """A bank writes to nobody; another day's statement is brought."""
        carry_all()
        for line_id in self._refunds_return:
            for ref in refunds_of(line_id):
                send_back(ref)
        return []


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


@contextmanager
def a_bank_account(_database_url: str) -> Iterator[Provider]:
    """A bank account that holds nothing yet."""
    with at_bank(PromptBank()):
        yield BankProvider()


PROVIDERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "simulator": a_simulator,
    "stripe": a_standin,
    "bank": a_bank_account,
}


def let_days_pass(provider: Provider, hand: clock.Hand, days: int) -> None:
    """Let the provider's own work of some days be done, day by day."""
    for _ in range(days):
        hand.advance(days=1)
        provider.notices()
