"""What the Stripe adapter sends, request by request, and what it makes of each answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from marketplace.escrow.adapters import stripe_calls
from marketplace.escrow.adapters.stripe import StripeGateway
from marketplace.escrow.gateway import (
    Busy,
    Cash,
    Faulty,
    Never,
    NoAnswer,
    NotNow,
    Standing,
)
from marketplace.escrow.orders import (
    CheckoutOrder,
    PayeeOrder,
    RefundOrder,
    ReversalOrder,
    TopUpOrder,
    TransferOrder,
)
from marketplace.escrow.states import Kind
from marketplace.kernel import clock
from marketplace.kernel.errors import ProviderTrouble
from marketplace.kernel.ids import new_id, public_id
from marketplace.kernel.money import Money
from tests.builders.stripe import Asked, Stripe, a_gateway, a_stripe

AMOUNT = Money.of("50.00", "EUR")


@pytest.fixture
def account() -> Iterator[Stripe]:
    with a_stripe() as account:
        yield account


@pytest.fixture
def gateway(account: Stripe) -> StripeGateway:
    return a_gateway(account)


def an_operation() -> str:
    return public_id("ins", new_id())


def a_checkout(**changes: Any) -> CheckoutOrder:
    operation = an_operation()
    order = CheckoutOrder(
        operation_id=operation,
        key=operation,
        amount=AMOUNT,
        description="Pledge to The Lighthouse",
        bundle="campaign:1",
        return_url="http://localhost/back",
        cancel_url="http://localhost/cancel",
        expires_at=clock.now() + timedelta(hours=1),
    )
    return replace(order, **changes)


def a_payment(account: Stripe, gateway: StripeGateway) -> str:
    seen = gateway.open_checkout(a_checkout())
    return str(account.pay(seen.ref)["payment_intent"])


def rich(account: Stripe, amount: str = "20000") -> None:
    """Put enough of the platform's own money in for refunds and transfers."""
    account.top_up({"amount": amount, "currency": "eur"})


def a_refund(payment: str, key: str | None = None) -> RefundOrder:
    operation = an_operation()
    return RefundOrder(operation, key or operation, payment, AMOUNT, "The goal was missed.")


def a_transfer(payee: str = "acct_1") -> TransferOrder:
    operation = an_operation()
    return TransferOrder(operation, operation, payee, AMOUNT, "campaign:1", "Release")


def a_payee(gateway: StripeGateway, ref: str | None = None) -> str:
    name = public_id("pye", new_id())
    order = PayeeOrder(name, name, ref, "Paula Payee", "paula@example.test", "http://localhost/me")
    return gateway.onboard(order).payee.ref


def last(account: Stripe) -> Asked:
    return account.asked[-1]


class TestOpenCheckout:
    def test_it_asks_for_a_hosted_page_with_every_mark(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        order = a_checkout()

        seen = gateway.open_checkout(order)

        asked = last(account)
        assert (asked.method, asked.path) == ("POST", "/v1/checkout/sessions")
        assert asked.key == order.operation_id
        assert asked.said["ui_mode"] == "hosted_page"
        assert asked.said["metadata"] == {"operation_id": order.operation_id}
        assert asked.said["payment_intent_data"]["metadata"] == asked.said["metadata"]
        assert asked.said["payment_intent_data"]["transfer_group"] == "campaign:1"
        assert asked.said["line_items"][0]["price_data"]["unit_amount"] == "5000"
        assert asked.said["line_items"][0]["price_data"]["currency"] == "eur"
        assert asked.said["success_url"] == "http://localhost/back"
        assert asked.said["cancel_url"] == "http://localhost/cancel"
        assert int(asked.said["expires_at"]) == int(order.expires_at.timestamp())
        assert (seen.kind, seen.standing) == (Kind.CHECKOUT, Standing.OPEN)
        assert (seen.operation_id, seen.amount) == (order.operation_id, AMOUNT)
        assert seen.url == f"{account.url}/pay/{seen.ref}"

    def test_it_names_no_methods(self, account: Stripe, gateway: StripeGateway) -> None:
        gateway.open_checkout(a_checkout())

        assert "payment_method_types" not in last(account).said

    @pytest.mark.parametrize(
        ("wanted", "given"),
        [
            (timedelta(minutes=5), timedelta(minutes=40)),
            (timedelta(days=3), timedelta(hours=23, minutes=30)),
        ],
    )
    def test_its_end_is_brought_within_what_stripe_allows(
        self, account: Stripe, gateway: StripeGateway, wanted: timedelta, given: timedelta
    ) -> None:
        before = clock.now()

        gateway.open_checkout(a_checkout(expires_at=before + wanted))

        until = datetime.fromtimestamp(int(last(account).said["expires_at"]), UTC)
        assert timedelta(seconds=-2) < until - (before + given) < timedelta(seconds=2)

    @pytest.mark.parametrize(("amount", "minor"), [("500", "500"), ("1", "1")])
    def test_currencies_without_cents_stay_whole(
        self, account: Stripe, gateway: StripeGateway, amount: str, minor: str
    ) -> None:
        gateway.open_checkout(a_checkout(amount=Money.of(amount, "JPY")))

        assert last(account).said["line_items"][0]["price_data"]["unit_amount"] == minor

    def test_the_same_order_again_is_the_same_page(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        order = a_checkout()

        first, again = gateway.open_checkout(order), gateway.open_checkout(order)

        assert first == again
        assert len(account.objects) == 1


class TestExpireCheckout:
    def test_an_open_page_is_closed(self, account: Stripe, gateway: StripeGateway) -> None:
        opened = gateway.open_checkout(a_checkout())

        seen = gateway.expire_checkout(opened.ref, "ins_1.close")

        assert seen.standing is Standing.EXPIRED
        assert last(account).path == f"/v1/checkout/sessions/{opened.ref}/expire"
        assert last(account).key == "ins_1.close"

    def test_one_that_was_paid_meanwhile_is_seen_as_paid(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        opened = gateway.open_checkout(a_checkout())
        paid = account.pay(opened.ref)

        seen = gateway.expire_checkout(opened.ref, "ins_1.close")

        assert seen.standing is Standing.SUCCEEDED
        assert seen.payment_ref == paid["payment_intent"]


class TestRefund:
    def test_it_names_the_payment(self, account: Stripe, gateway: StripeGateway) -> None:
        rich(account)
        order = a_refund(a_payment(account, gateway))

        seen = gateway.refund(order)

        asked = last(account)
        assert (asked.method, asked.path, asked.key) == ("POST", "/v1/refunds", order.key)
        assert asked.said["payment_intent"] == order.payment_ref
        assert asked.said["amount"] == "5000"
        assert asked.said["metadata"]["operation_id"] == order.operation_id
        assert "reason" not in asked.said  # theirs is a list of codes
        assert (seen.kind, seen.standing) == (Kind.REFUND, Standing.SUCCEEDED)
        assert seen.operation_id == order.operation_id

    @pytest.mark.parametrize(
        ("status", "standing"),
        [
            ("pending", Standing.OPEN),
            ("requires_action", Standing.OPEN),
            ("failed", Standing.FAILED),
            ("canceled", Standing.FAILED),
        ],
    )
    def test_its_status_is_read(
        self, account: Stripe, gateway: StripeGateway, status: str, standing: Standing
    ) -> None:
        seen = gateway.refund(a_refund(a_payment(account, gateway)))
        account.objects[seen.ref] |= {
            "status": status,
            "failure_reason": "expired_or_canceled_card",
        }

        read = gateway.read(Kind.REFUND, seen.ref)

        assert (read.standing, read.reason) == (standing, "expired_or_canceled_card")


class TestTransfer:
    def test_it_goes_to_a_payee_who_is_ready(self, account: Stripe, gateway: StripeGateway) -> None:
        rich(account)
        order = a_transfer(a_payee(gateway))

        seen = gateway.transfer(order)

        asked = last(account)
        assert (asked.method, asked.path, asked.key) == ("POST", "/v1/transfers", order.key)
        assert asked.said["destination"] == order.payee_ref
        assert (asked.said["amount"], asked.said["currency"]) == ("5000", "eur")
        assert asked.said["transfer_group"] == "campaign:1"
        assert asked.said["metadata"] == {"operation_id": order.operation_id}
        assert (seen.kind, seen.standing) == (Kind.TRANSFER, Standing.SUCCEEDED)

    def test_whether_they_are_ready_is_read_again_right_before(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        order = a_transfer(a_payee(gateway))
        account.ready = False

        with pytest.raises(NotNow) as refused:
            gateway.transfer(order)

        assert refused.value.code == "payee_not_ready"
        assert all(asked.path != "/v1/transfers" for asked in account.asked)

    def test_it_can_be_taken_back_and_read_by_both_ids(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        rich(account)
        made = gateway.transfer(a_transfer(a_payee(gateway)))
        operation = an_operation()

        seen = gateway.reverse_transfer(ReversalOrder(operation, operation, made.ref, AMOUNT))

        assert last(account).path == f"/v1/transfers/{made.ref}/reversals"
        assert last(account).said["amount"] == "5000"
        assert last(account).key == operation
        assert seen.ref.startswith(f"{made.ref}/")
        assert gateway.read(Kind.REVERSAL, seen.ref) == seen


class TestTopUp:
    def test_it_puts_our_own_money_in(self, account: Stripe, gateway: StripeGateway) -> None:
        operation = an_operation()

        seen = gateway.top_up(TopUpOrder(operation, operation, AMOUNT))

        asked = last(account)
        assert (asked.method, asked.path, asked.key) == ("POST", "/v1/topups", operation)
        assert asked.said["metadata"] == {"operation_id": operation}
        assert (seen.kind, seen.standing) == (Kind.TOP_UP, Standing.SUCCEEDED)


class TestOnboard:
    def test_somebody_new_becomes_a_v2_recipient(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        ref = a_payee(gateway)

        created, linked = account.asked
        transfers = created.said["configuration"]["recipient"]["capabilities"]["stripe_balance"]
        assert (created.method, created.path) == ("POST", "/v2/core/accounts")
        assert transfers == {"stripe_transfers": {"requested": True}}
        assert created.said["defaults"]["responsibilities"] == {
            "fees_collector": "application",
            "losses_collector": "application",
        }
        assert created.said["dashboard"] == "express"
        assert created.key == created.said["metadata"]["operation_id"]
        assert (linked.method, linked.path) == ("POST", "/v2/core/account_links")
        assert linked.said["account"] == ref

    def test_who_is_known_gets_a_fresh_link_only(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        ref = a_payee(gateway)

        assert a_payee(gateway, ref) == ref
        assert [asked.path for asked in account.posts()] == [
            "/v2/core/accounts",
            "/v2/core/account_links",
            "/v2/core/account_links",
        ]
        assert len({asked.key for asked in account.posts()}) == 3

    @pytest.mark.parametrize("ready", [True, False])
    def test_ready_means_that_transfers_are_active(
        self, account: Stripe, gateway: StripeGateway, *, ready: bool
    ) -> None:
        ref = a_payee(gateway)
        account.ready = ready

        assert gateway.payee(ref).ready is ready


class TestFind:
    def test_each_kind_is_found_by_its_mark(self, account: Stripe, gateway: StripeGateway) -> None:
        rich(account)
        checkout = gateway.open_checkout(a_checkout())
        payment = str(account.pay(checkout.ref)["payment_intent"])
        refund = gateway.refund(a_refund(payment))
        transfer = gateway.transfer(a_transfer(a_payee(gateway)))
        order = ReversalOrder(an_operation(), "key-of-the-reversal", transfer.ref, AMOUNT)
        reversal = gateway.reverse_transfer(order)
        top_up = gateway.top_up(TopUpOrder(an_operation(), "key-of-the-top-up", AMOUNT))

        for seen, hint in [
            (checkout, None),
            (refund, payment),
            (transfer, "campaign:1"),
            (reversal, transfer.ref),
            (top_up, None),
        ]:
            found = gateway.find(seen.kind, seen.operation_id, hint)
            assert found is not None
            assert found.ref == seen.ref

    def test_what_was_never_made_is_not_found(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        gateway.open_checkout(a_checkout())

        assert gateway.find(Kind.CHECKOUT, an_operation()) is None
        assert gateway.find(Kind.TRANSFER, an_operation(), "campaign:1") is None

    def test_it_looks_through_every_page(self, account: Stripe, gateway: StripeGateway) -> None:
        wanted = gateway.open_checkout(a_checkout())
        for _ in range(250):
            account.open_checkout(_like(account.asked[0]))

        found = gateway.find(Kind.CHECKOUT, wanted.operation_id)

        assert found is not None
        assert len([asked for asked in account.asked if asked.method == "GET"]) == 3

    def test_too_much_to_look_through_proves_nothing(
        self, account: Stripe, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stripe_calls, "LOOK_MAX", 10)
        gateway.open_checkout(a_checkout())
        for _ in range(11):
            account.open_checkout(_like(account.asked[0]))

        with pytest.raises(NotNow) as refused:
            gateway.find(Kind.CHECKOUT, an_operation())

        assert refused.value.code == "too_many"


def _like(asked: Asked) -> dict[str, Any]:
    return asked.said | {"metadata": {"operation_id": "ins_another"}}


class TestStatement:
    def test_every_line_carries_its_operation_and_fee(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        rich(account)
        opened = gateway.open_checkout(a_checkout())
        payment = str(account.pay(opened.ref)["payment_intent"])
        refund = gateway.refund(a_refund(payment))

        statement = gateway.movements("")

        _own, charge, given_back = statement.movements
        assert (charge.kind, charge.operation_id) == ("charge", opened.operation_id)
        assert (charge.amount, charge.fee) == (AMOUNT, Money.of("1.75", "EUR"))
        assert charge.available_at - charge.created_at == timedelta(days=2)
        assert (given_back.kind, given_back.operation_id) == ("refund", refund.operation_id)
        assert given_back.amount == -AMOUNT
        assert not statement.more

    def test_it_goes_on_where_it_ended_and_loses_none(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        for _ in range(230):
            account.top_up({"amount": "100", "currency": "eur"})
        first = gateway.movements("")
        account.top_up({"amount": "100", "currency": "eur"})

        then = gateway.movements(first.cursor)

        assert len(first.movements) == 230
        refs = {line.ref for line in (*first.movements, *then.movements)}
        assert len(refs) == 231

    def test_balances_are_read_by_currency(self, account: Stripe, gateway: StripeGateway) -> None:
        a_payment(account, gateway)
        account.top_up({"amount": "700", "currency": "usd"})

        assert gateway.balances() == [
            Cash(Money(0, "EUR"), Money.of("48.25", "EUR")),
            Cash(Money.of("7.00", "USD"), Money(0, "USD")),
        ]


class TestTroubles:
    @pytest.mark.parametrize(
        ("trouble", "kind", "code"),
        [
            ("declined", Never, "card_declined"),
            ("wrong", Never, "parameter_invalid_integer"),
            ("refunded", Never, "charge_already_refunded"),
            ("poor", NotNow, "insufficient_available"),
            ("unready", NotNow, "payee_not_ready"),
            ("unknown_key", NotNow, "unknown_key"),
            ("forbidden", NotNow, "not_permitted"),
            ("busy", Busy, "rate_limited"),
            ("conflict", NoAnswer, "no_answer"),
            ("broken", Faulty, "no_answer"),
            ("down", Faulty, "no_answer"),
            ("garbled", NoAnswer, "no_answer"),
            ("lost", NoAnswer, "no_answer"),
            ("answer_lost", NoAnswer, "no_answer"),
            ("silent", NoAnswer, "no_answer"),
        ],
    )
    def test_each_is_one_of_the_ports_three(
        self,
        account: Stripe,
        gateway: StripeGateway,
        trouble: str,
        kind: type[ProviderTrouble],
        code: str,
    ) -> None:
        account.trouble = [trouble]

        with pytest.raises(kind) as raised:
            gateway.top_up(TopUpOrder(an_operation(), "a-key", AMOUNT))

        assert type(raised.value) is kind
        assert raised.value.code == code

    def test_nobody_there_may_have_been_reached_all_the_same(self) -> None:
        with a_stripe() as gone:
            gateway = a_gateway(gone)

        with pytest.raises(NoAnswer):
            gateway.top_up(TopUpOrder(an_operation(), "a-key", AMOUNT))

    @pytest.mark.parametrize(
        "trouble", ["broken", "busy", "garbled", "lost", "silent", "unknown_key"]
    )
    def test_a_reading_that_fails_has_changed_nothing(
        self, account: Stripe, gateway: StripeGateway, trouble: str
    ) -> None:
        account.trouble = [trouble]

        with pytest.raises(NotNow):
            gateway.balances()

    def test_another_order_under_the_same_key_is_not_taken_for_done(
        self, account: Stripe, gateway: StripeGateway
    ) -> None:
        gateway.top_up(TopUpOrder(an_operation(), "a-key", AMOUNT))

        with pytest.raises(NoAnswer) as raised:
            gateway.top_up(TopUpOrder(an_operation(), "a-key", Money.of("60.00", "EUR")))

        assert raised.value.code == "key_reused"

    def test_a_key_is_remembered_for_a_day_and_no_longer(
        self, account: Stripe, gateway: StripeGateway, hand: clock.Hand
    ) -> None:
        order = TopUpOrder(an_operation(), "a-key", AMOUNT)
        first = gateway.top_up(order)
        hand.advance(hours=gateway.terms.key_memory_hours, seconds=-1)
        assert gateway.top_up(order).ref == first.ref

        hand.advance(seconds=2)
        found = gateway.find(Kind.TOP_UP, order.operation_id)

        assert gateway.top_up(order).ref != first.ref
        assert found is not None  # which is why it is looked for first
        assert found.ref == first.ref

    @pytest.mark.parametrize("trouble", ["conflict", "down", "lost", "answer_lost"])
    def test_passing_trouble_is_repeated_under_the_same_key(
        self, account: Stripe, trouble: str
    ) -> None:
        account.trouble = [trouble]

        seen = a_gateway(account, retries=1).top_up(TopUpOrder(an_operation(), "a-key", AMOUNT))

        assert seen.standing is Standing.SUCCEEDED
        assert [asked.key for asked in account.asked] == ["a-key", "a-key"]
        assert len(account.objects) == 1


def _everything(account: Stripe, gateway: StripeGateway) -> None:
    rich(account)
    checkout = gateway.open_checkout(a_checkout())
    gateway.refund(a_refund(str(account.pay(checkout.ref)["payment_intent"])))
    transfer = gateway.transfer(a_transfer(a_payee(gateway)))
    gateway.reverse_transfer(ReversalOrder(an_operation(), "key-r", transfer.ref, AMOUNT))
    gateway.top_up(TopUpOrder(an_operation(), "key-t", AMOUNT))
    gateway.expire_checkout(gateway.open_checkout(a_checkout()).ref, "key-c")
    gateway.movements("")
    gateway.balances()


@pytest.mark.parametrize(
    "carries",
    [
        lambda asked: asked.headers["authorization"] == "Bearer sk_test_of_the_tests",
        lambda asked: asked.headers["stripe-version"].endswith(".endive"),
        lambda asked: asked.method == "GET" or asked.key,
    ],
    ids=["our key", "the pinned version", "an idempotency key"],
)
def test_every_call_carries(
    account: Stripe, gateway: StripeGateway, carries: Callable[[Asked], bool]
) -> None:
    _everything(account, gateway)

    assert all(carries(asked) for asked in account.asked)
