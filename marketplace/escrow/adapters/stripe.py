"""The adapter for Stripe, SDK 16.1: separate charges and transfers, hosted Checkout, Accounts v2.

Every address comes from `base` or from Stripe's own answers. Every POST carries the
instruction's key: left alone, the SDK invents one, and a restart invents another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from stripe import RequestsClient, StripeClient

from marketplace.escrow.adapters import stripe_words as words
from marketplace.escrow.adapters.stripe_calls import call, read, read_all, search, signed
from marketplace.escrow.gateway import (
    Cash,
    Delivery,
    Forged,
    Gateway,
    Method,
    Never,
    NotNow,
    Onboarding,
    Seen,
    SeenPayee,
    Statement,
    Terms,
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
from marketplace.kernel.money import Money

TIMEOUT_S: Final = 10.0
RETRIES: Final = 2  # the SDK repeats 409, 5xx and lost connections under the same key; never 429
TOLERANCE_S: Final = 300
# Stripe's clock and ours may differ by a little, and `created` counts whole seconds.
SLACK: Final = timedelta(minutes=5)


class StripeGateway(Gateway):
    """Talks to Stripe with the secret `key`; webhooks may be signed with any of `secrets`."""

    name = "stripe"

    def __init__(
        self,
        key: str,
        secrets: tuple[str, ...],
        base: str | None = None,
        *,
        retries: int = RETRIES,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._secrets = secrets
        self._live = key.startswith(("sk_live", "rk_live"))
        self._stripe = StripeClient(
            key,
            base_addresses={"api": base} if base else None,
            max_network_retries=retries,
            http_client=RequestsClient(timeout=timeout_s),
        )
        self.terms = Terms(
            label="Stripe",
            holding_limit_days=90,
            methods=(
                Method("card", deferrable=True),
                Method("alipay", deferrable=False, refund_days=90),
                Method("wechat_pay", deferrable=False, refund_days=180),
            ),
        )

    def open_checkout(self, order: CheckoutOrder) -> Seen:
        """Open a hosted Checkout. Methods are Stripe's dynamic ones: naming them is refused now."""
        marks = {"operation_id": order.operation_id}
        until = words.open_until(order.operation_id, order.expires_at)
        return words.checkout(
            call(
                lambda: self._stripe.v1.checkout.sessions.create(
                    params={
                        "mode": "payment",
                        "ui_mode": "hosted_page",
                        "line_items": [
                            {
                                "quantity": 1,
                                "price_data": {
                                    "currency": order.amount.currency.lower(),
                                    "unit_amount": order.amount.minor,
                                    "product_data": {"name": order.description},
                                },
                            }
                        ],
                        "client_reference_id": order.operation_id,
                        "metadata": marks,
                        "payment_intent_data": {
                            "transfer_group": order.bundle,
                            "metadata": marks,
                            "description": order.description,
                        },
                        "success_url": order.return_url,
                        "cancel_url": order.cancel_url,
                        "expires_at": int(until.timestamp()),
                    },
                    options={"idempotency_key": order.key},
                )
            )
        )

    def expire_checkout(self, ref: str, key: str) -> Seen:
        """Close a Checkout; one that is no longer open is read as it is."""
        try:
            return words.checkout(
                call(
                    lambda: self._stripe.v1.checkout.sessions.expire(
                        ref, options={"idempotency_key": key}
                    )
                )
            )
        except Never:
            return self.read(Kind.CHECKOUT, ref)

    def refund(self, order: RefundOrder) -> Seen:
        """Refund a PaymentIntent, whole or in part. Our reason is no reason code of theirs."""
        return words.refund(
            call(
                lambda: self._stripe.v1.refunds.create(
                    params={
                        "payment_intent": order.payment_ref,
                        "amount": order.amount.minor,
                        "metadata": {
                            "operation_id": order.operation_id,
                            "reason": order.reason[:500],
                        },
                    },
                    options={"idempotency_key": order.key},
                )
            )
        )

    def transfer(self, order: TransferOrder) -> Seen:
        """Transfer available money, after reading again whether the payee may be paid."""
        if not self.payee(order.payee_ref).ready:
            raise NotNow("The payee cannot take transfers.", code="payee_not_ready")
        return words.transfer(
            call(
                lambda: self._stripe.v1.transfers.create(
                    params={
                        "destination": order.payee_ref,
                        "amount": order.amount.minor,
                        "currency": order.amount.currency.lower(),
                        "transfer_group": order.bundle,
                        "description": order.description,
                        "metadata": {"operation_id": order.operation_id},
                    },
                    options={"idempotency_key": order.key},
                )
            )
        )

    def reverse_transfer(self, order: ReversalOrder) -> Seen:
        """Take a transfer back, whole or in part."""
        return words.reversal(
            call(
                lambda: self._stripe.v1.transfers.reversals.create(
                    order.transfer_ref,
                    params={
                        "amount": order.amount.minor,
                        "metadata": {"operation_id": order.operation_id},
                    },
                    options={"idempotency_key": order.key},
                )
            )
        )

    def top_up(self, order: TopUpOrder) -> Seen:
        """Top the platform's balance up from its bank account."""
        return words.top_up(
            call(
                lambda: self._stripe.v1.topups.create(
                    params={
                        "amount": order.amount.minor,
                        "currency": order.amount.currency.lower(),
                        "metadata": {"operation_id": order.operation_id},
                    },
                    options={"idempotency_key": order.key},
                )
            )
        )

    def onboard(self, order: PayeeOrder) -> Onboarding:
        """Create a v2 recipient if need be and return a fresh account link."""
        payee = self.payee(order.payee_ref) if order.payee_ref else self._recipient(order)
        link = call(
            lambda: self._stripe.v2.core.account_links.create(
                params={
                    "account": payee.ref,
                    "use_case": {
                        "type": "account_onboarding",
                        "account_onboarding": {
                            # Both lead to us, where a used link is replaced by a new one.
                            "refresh_url": order.return_url,
                            "return_url": order.return_url,
                        },
                    },
                }
            )
        )
        return Onboarding(payee, link["url"])

    def payee(self, ref: str) -> SeenPayee:
        """Read an account with its recipient part, which is left out unless it is asked for."""
        return words.payee(
            read(
                lambda: self._stripe.v2.core.accounts.retrieve(
                    ref, params={"include": ["configuration.recipient"]}
                )
            )
        )

    def find(self, kind: Kind, operation_id: str, hint: str | None = None) -> Seen | None:
        """Look through what may be it, by the mark in its metadata."""
        born = int((words.born_at(operation_id) - SLACK).timestamp())
        thing = search(lambda: self._candidates(kind, hint, born), operation_id)
        return _READERS[kind](thing) if thing else None

    def read(self, kind: Kind, ref: str) -> Seen:
        """Read one thing back. A reversal's reference is `transfer/reversal`."""
        return _READERS[kind](read(lambda: self._one(kind, ref)))

    def verify_delivery(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Delivery:
        """Check `Stripe-Signature` against each secret, and the time on both sides."""
        header = headers.get("Stripe-Signature", "")
        if not any(signed(body, header, secret) for secret in self._secrets):
            raise Forged("signature_wrong")
        # The SDK accepts any time in the future; we do not.
        stamp = next(part[2:] for part in header.split(",") if part.startswith("t="))
        if abs(int(now.timestamp()) - int(stamp)) > TOLERANCE_S:
            raise Forged("signature_stale")
        delivery = self.read_delivery(body)
        if bool(json.loads(body).get("livemode")) != self._live:
            raise Forged("wrong_mode")
        return delivery

    def read_delivery(self, body: bytes) -> Delivery:
        """Read an event."""
        try:
            event = json.loads(body)
            return Delivery(
                event["id"],
                event["type"],
                seen=words.event(event),
                payee_ref=words.changed_payee(event),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Forged("body_unreadable") from error

    def movements(self, since: str) -> Statement:
        """Return the balance transactions created since the cursor, and a little before it.

        Lines are not promised to appear in the order of their times; one read twice is kept once.
        """
        start = max(int(since or "0") - int(SLACK.total_seconds()), 0)
        lines = read_all(
            lambda: self._stripe.v1.balance_transactions.list(
                params={
                    "created": {"gte": start},
                    "limit": 100,
                    "expand": ["data.source"],
                }
            ).auto_paging_iter()
        )
        # Stripe lists the newest first.
        found = sorted((words.movement(line) for line in lines[::-1]), key=lambda m: m.created_at)
        last = str(int(found[-1].created_at.timestamp())) if found else since
        return Statement(found, last, more=False)

    def balances(self) -> list[Cash]:
        """Return the platform's balance by currency."""
        held = read(self._stripe.v1.balance.retrieve)
        sums: dict[str, dict[str, int]] = {}
        for part in ("available", "pending"):
            for row in held[part]:
                by_part = sums.setdefault(row["currency"].upper(), {"available": 0, "pending": 0})
                by_part[part] += row["amount"]
        return [
            Cash(Money(parts["available"], currency), Money(parts["pending"], currency))
            for currency, parts in sorted(sums.items())
        ]

    def _recipient(self, order: PayeeOrder) -> SeenPayee:
        return words.payee(
            call(
                lambda: self._stripe.v2.core.accounts.create(
                    params={
                        "contact_email": order.email,
                        "display_name": order.name,
                        "dashboard": "express",
                        "configuration": {
                            "recipient": {
                                "capabilities": {
                                    "stripe_balance": {"stripe_transfers": {"requested": True}}
                                }
                            }
                        },
                        "defaults": {
                            "responsibilities": {
                                "fees_collector": "application",
                                "losses_collector": "application",
                            }
                        },
                        "metadata": {"operation_id": order.operation_id},
                        "include": ["configuration.recipient"],
                    },
                    options={"idempotency_key": order.key},
                )
            )
        )

    def _one(self, kind: Kind, ref: str) -> Any:  # noqa: ANN401 - one of five SDK classes
        v1 = self._stripe.v1
        if kind is Kind.REVERSAL:
            transfer, _, reversal = ref.partition("/")
            return v1.transfers.reversals.retrieve(transfer, reversal)
        return {
            Kind.CHECKOUT: v1.checkout.sessions.retrieve,
            Kind.REFUND: v1.refunds.retrieve,
            Kind.TRANSFER: v1.transfers.retrieve,
            Kind.TOP_UP: v1.topups.retrieve,
        }[kind](ref)

    def _candidates(self, kind: Kind, hint: str | None, born: int) -> Iterable[Any]:
        v1 = self._stripe.v1
        if kind is Kind.CHECKOUT:
            return v1.checkout.sessions.list(
                params={"created": {"gte": born}, "limit": 100}
            ).auto_paging_iter()
        if kind is Kind.REFUND:
            return v1.refunds.list(
                params={"payment_intent": hint or "", "limit": 100}
            ).auto_paging_iter()
        if kind is Kind.TRANSFER:
            return v1.transfers.list(
                params={"transfer_group": hint or "", "limit": 100}
            ).auto_paging_iter()
        if kind is Kind.REVERSAL:
            return v1.transfers.reversals.list(hint or "", params={"limit": 100}).auto_paging_iter()
        return v1.topups.list(params={"created": {"gte": born}, "limit": 100}).auto_paging_iter()


_READERS: Final[dict[Kind, Callable[[Mapping[str, Any]], Seen]]] = {
    Kind.CHECKOUT: words.checkout,
    Kind.REFUND: words.refund,
    Kind.TRANSFER: words.transfer,
    Kind.REVERSAL: words.reversal,
    Kind.TOP_UP: words.top_up,
}
