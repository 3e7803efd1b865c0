"""Every request the adapter can make, against the parameter types of the installed SDK.

Each public call of the adapter has its exercises here, one for each way it can go; a call without
any fails the suite, and so does a request that no exercise makes any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import pytest

from marketplace.escrow.adapters.stripe import StripeGateway
from marketplace.escrow.gateway import Gateway, Never, NotNow, Standing
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
from marketplace.kernel import clock
from marketplace.kernel.ids import new_id, public_id
from marketplace.kernel.money import Money
from tests.builders.stripe import Stripe, a_gateway, a_stripe, signed
from tests.builders.stripe_schema import ROUTES, complaints, params_of
from tests.standin import cards
from tests.standin.account import VERSION

AMOUNT: Final = Money.of("50.00", "EUR")
BACK: Final = "http://localhost/back"


@dataclass
class Bench:
    """The adapter on the bench: what it is asked under which keys."""

    account: Stripe
    gateway: StripeGateway
    keys: list[str] = field(default_factory=list)

    def order(self) -> tuple[str, str]:
        """An operation and a key, the key being one that must be sent."""
        operation = public_id("ins", new_id())
        self.keys.append(f"{operation}.{len(self.keys)}")
        return operation, self.keys[-1]

    def page(self) -> CheckoutOrder:
        until = clock.now() + timedelta(hours=1)
        return CheckoutOrder(*self.order(), AMOUNT, "A pledge", "campaign:1", BACK, BACK, until)

    def paid(self, way: str = cards.GOOD) -> str:
        opened = self.gateway.open_checkout(self.page())
        return str(self.account.pay(opened.ref, way)["payment_intent"])

    def saved(self, way: str = cards.GOOD) -> str:
        opened = self.gateway.open_setup(self.page())
        return str(self.account.pay(opened.ref, way)["setup_intent"])

    def rich(self) -> None:
        self.gateway.top_up(TopUpOrder(*self.order(), Money.of("500.00", "EUR")))

    def payee(self) -> str:
        operation, key = self.order()
        order = PayeeOrder(operation, key, None, "Paula", "paula@example.test", BACK)
        return self.gateway.onboard(order).payee.ref

    def charge(self, means: str) -> Any:
        return self.gateway.charge_saved(ChargeOrder(*self.order(), means, AMOUNT, "A", "loan:1"))

    def transferred(self) -> str:
        self.rich()
        order = TransferOrder(*self.order(), self.payee(), AMOUNT, "campaign:1", "Release")
        return self.gateway.transfer(order).ref

    def disputed(self) -> str:
        charge = self.account.objects[self.paid()]["latest_charge"]
        return str(self.account.dispute(charge)["id"])


@pytest.fixture
def bench() -> Iterator[Bench]:
    with a_stripe() as account:
        yield Bench(account, a_gateway(account))


def close_pages(bench: Bench) -> None:
    for opening in (bench.gateway.open_checkout, bench.gateway.open_setup):
        open_yet, used = opening(bench.page()).ref, opening(bench.page()).ref
        bench.account.pay(used)
        for ref, standing in ((open_yet, Standing.EXPIRED), (used, Standing.SUCCEEDED)):
            _, key = bench.order()
            assert bench.gateway.expire_checkout(ref, key).standing is standing


def charge_each_way(bench: Bench) -> None:
    assert bench.charge(bench.saved()).standing is Standing.SUCCEEDED
    assert bench.charge(bench.saved(cards.STEP_UP)).reason == "authentication_required"
    assert bench.charge(bench.saved(cards.SAVED_THEN_DECLINED)).reason == "card_declined"


def refund_whole_and_in_part(bench: Bench) -> None:
    bench.rich()
    for amount in (AMOUNT, Money.of("0.01", "EUR")):
        bench.gateway.refund(RefundOrder(*bench.order(), bench.paid(), amount, "x" * 900))
    with pytest.raises(Never):
        bench.gateway.refund(RefundOrder(*bench.order(), bench.paid(), AMOUNT + AMOUNT, "why"))


def transfer_and_be_refused(bench: Bench) -> None:
    bench.transferred()
    bench.account.ready = False
    ref = bench.account.of_kind("v2.core.account")[0]["id"]
    operation = public_id("ins", new_id())
    with pytest.raises(NotNow):
        bench.gateway.transfer(TransferOrder(operation, "never sent", ref, AMOUNT, "c", "d"))


def reverse(bench: Bench) -> None:
    ref = bench.transferred()
    bench.gateway.reverse_transfer(ReversalOrder(*bench.order(), ref, Money.of("1.00", "EUR")))
    bench.account.spend(bench.account.objects[ref]["destination"])
    with pytest.raises(Never) as spent:
        bench.gateway.reverse_transfer(ReversalOrder(*bench.order(), ref, Money.of("1.00", "EUR")))
    assert spent.value.code == "payee_spent_it"


def onboard_twice(bench: Bench) -> None:
    ref = bench.payee()
    known = PayeeOrder("pye_1", "never sent", ref, "Paula", "paula@example.test", BACK)
    bench.gateway.onboard(known)


def pay_out(bench: Bench) -> None:
    bench.rich()
    bench.gateway.pay_out(PayoutOrder(*bench.order(), AMOUNT, "Fees"))


def stop_payouts(bench: Bench) -> None:
    assert bench.gateway.pays_out_unasked()
    _, key = bench.order()
    bench.gateway.stop_payouts(key)
    assert not bench.gateway.pays_out_unasked()


def concede(bench: Bench) -> None:
    ref = bench.disputed()
    _, key = bench.order()
    bench.gateway.concede(ref, key)


def contest(bench: Bench) -> None:
    ref = bench.disputed()
    _, key = bench.order()
    bench.gateway.contest(EvidenceOrder(ref, key, "The reward was delivered on 3 May."))


def verify(bench: Bench) -> None:
    order = VerificationOrder(*bench.order(), "paula@example.test", BACK)
    bench.gateway.verification(bench.gateway.verify_person(order).ref)


def read_each_kind(bench: Bench) -> None:
    for seen, hint in _one_of_each(bench):
        assert bench.gateway.read(seen.kind, seen.ref).operation_id == seen.operation_id
        found = bench.gateway.find(seen.kind, seen.operation_id, hint)
        assert found is not None
        assert (found.ref, found.standing) == (seen.ref, seen.standing)


def read_statement(bench: Bench) -> None:
    ref = bench.transferred()
    bench.account.reverse({"amount": "5000"}, ref)  # by hand, as on the dashboard
    bench.disputed()
    assert [line.kind for line in bench.gateway.movements("").movements][-1] == "dispute"


def balances(bench: Bench) -> None:
    bench.rich()
    assert bench.gateway.balances()[0].available == Money.of("500.00", "EUR")


def notices(bench: Bench) -> None:
    body = bench.account.event("balance.available", {"object": "balance"})
    bench.gateway.verify_delivery(body, signed(body), clock.now())
    bench.gateway.read_delivery(body)


EXERCISES: Final[dict[str, Callable[[Bench], Any]]] = {
    "open_checkout": Bench.paid,
    "open_setup": Bench.saved,
    "expire_checkout": close_pages,
    "charge_saved": charge_each_way,
    "refund": refund_whole_and_in_part,
    "transfer": transfer_and_be_refused,
    "reverse_transfer": reverse,
    "top_up": Bench.rich,
    "onboard": onboard_twice,
    "payee": lambda bench: bench.gateway.payee(bench.payee()),
    "pay_out": pay_out,
    "pays_out_unasked": stop_payouts,
    "stop_payouts": stop_payouts,
    "dispute": lambda bench: bench.gateway.dispute(bench.disputed()),
    "contest": contest,
    "concede": concede,
    "verify_person": verify,
    "verification": verify,
    "find": read_each_kind,
    "read": read_each_kind,
    "movements": read_statement,
    "balances": balances,
    "verify_delivery": notices,
    "read_delivery": notices,
}


def _one_of_each(bench: Bench) -> list[tuple[Any, str | None]]:
    gateway = bench.gateway
    bench.rich()
    setup = gateway.open_setup(bench.page())
    means = str(bench.account.pay(setup.ref)["setup_intent"])
    payment, payee = bench.paid(), bench.payee()
    one = Money.of("1.00", "EUR")
    transfer = gateway.transfer(TransferOrder(*bench.order(), payee, one, "loan:1", "Release"))
    return [
        (gateway.open_checkout(bench.page()), None),
        (gateway.read(Kind.SETUP, setup.ref), None),
        (bench.charge(means), means),
        (gateway.refund(RefundOrder(*bench.order(), payment, AMOUNT, "why")), payment),
        (transfer, "loan:1"),
        (
            gateway.reverse_transfer(ReversalOrder(*bench.order(), transfer.ref, one)),
            transfer.ref,
        ),
        (gateway.top_up(TopUpOrder(*bench.order(), AMOUNT)), None),
        (gateway.pay_out(PayoutOrder(*bench.order(), AMOUNT, "Fees")), None),
    ]


def test_no_call_of_the_adapter_goes_unexercised() -> None:
    offered = {
        name
        for name in dir(StripeGateway)
        if not name.startswith("_") and callable(getattr(StripeGateway, name))
    }

    assert offered == set(EXERCISES)


def test_the_adapter_offers_all_that_the_port_knows() -> None:
    inherited = {
        name for name in EXERCISES if getattr(StripeGateway, name) is getattr(Gateway, name, None)
    }

    assert inherited == set()


def test_every_kind_of_instruction_is_read_and_found(bench: Bench) -> None:
    assert {seen.kind for seen, _ in _one_of_each(bench)} == set(Kind)


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_each_request_says_only_what_the_sdk_knows_under_the_orders_own_key(
    bench: Bench, name: str
) -> None:
    EXERCISES[name](bench)

    assert bench.account.mistakes == []
    keyed = [asked for asked in bench.account.posts() if not asked.path.endswith("_links")]
    assert sorted(str(asked.key) for asked in keyed) == sorted(bench.keys)
    assert {asked.headers["stripe-version"] for asked in bench.account.asked} <= {VERSION}


def test_every_known_request_is_made_by_some_exercise() -> None:
    made: set[str] = set()
    for exercise in set(EXERCISES.values()):
        with a_stripe() as account:
            exercise(Bench(account, a_gateway(account)))
        asked = [f"{each.method} {each.path}" for each in account.asked]
        made |= {route for route in ROUTES if any(re.fullmatch(route, each) for each in asked)}

    assert made == set(ROUTES)


def _a_session(**changes: Any) -> dict[str, Any]:
    said = {"mode": "payment", "ui_mode": "hosted_page", "success_url": BACK, "expires_at": "1"}
    return {name: value for name, value in (said | changes).items() if value is not None}


@pytest.mark.parametrize(
    ("method", "path", "said", "complaint"),
    [
        ("POST", "/v1/checkout/sessions", _a_session(payment_method_types=["card"]),
         "unknown payment_method_types"),
        ("POST", "/v1/checkout/sessions", _a_session(ui_mode="hosted"), "ui_mode cannot be"),
        ("POST", "/v1/checkout/sessions", _a_session(expires_at="soon"), "expires_at cannot be"),
        ("POST", "/v1/checkout/sessions",
         _a_session(allowed_payment_method_types=["card", "cash"]), "allowed_payment_method_types"),
        ("POST", "/v1/checkout/sessions",
         _a_session(line_items=[{"price_data": {"unit_amount": "1"}}]),
         "missing line_items[0].price_data.currency"),
        ("POST", "/v1/payouts", {"amount": "1"}, "missing currency"),
        ("POST", "/v1/payouts", {"amount": "1", "currency": "eur", "method": "slow"}, "method"),
        ("POST", "/v2/core/accounts", {"dashboard": "expres"}, "dashboard cannot be"),
        ("POST", "/v1/disputes/du_1", {"submit": "perhaps"}, "submit cannot be"),
    ],
)  # fmt: skip
def test_what_stripe_would_not_take_is_complained_of(
    method: str, path: str, said: dict[str, Any], complaint: str
) -> None:
    found = complaints(said, params_of(method, path))

    assert any(complaint in each for each in found), found
