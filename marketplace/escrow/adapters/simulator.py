"""The adapter for Harbour Escrow, the simulated provider. Plain HTTP, like any other."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import httpx

from marketplace.escrow.gateway import (
    Cash,
    Delivery,
    Forged,
    Gateway,
    Method,
    Movement,
    Never,
    NoAnswer,
    NotNow,
    Onboarding,
    Seen,
    SeenPayee,
    Standing,
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
TOLERANCE_S: Final = 300
PAGE: Final = 500

Json = Mapping[str, Any]

_KINDS: Final = {
    "checkout": Kind.CHECKOUT,
    "refund": Kind.REFUND,
    "transfer": Kind.TRANSFER,
    "reversal": Kind.REVERSAL,
    "topup": Kind.TOP_UP,
}
_WORDS: Final = {kind: word for word, kind in _KINDS.items()}
_STANDINGS: Final = {
    "open": Standing.OPEN,
    "pending": Standing.OPEN,
    "expired": Standing.EXPIRED,
    "failed": Standing.FAILED,
    "paid": Standing.SUCCEEDED,
    "succeeded": Standing.SUCCEEDED,
}
_LATER: Final = frozenset({"insufficient_available", "payee_not_ready", "unknown_key"})


class SimulatorGateway(Gateway):
    """Talks to the simulator at `url`. `transport` replaces the network, in tests and demos."""

    name = "simulator"

    def __init__(
        self,
        url: str,
        key: str,
        webhook_secret: str,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._secret = webhook_secret.encode()
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT_S,
            transport=transport,
        )
        self.terms = Terms(
            label="Harbour Escrow (simulator)",
            holding_limit_days=90,
            methods=(
                Method("card", deferrable=True),
                Method("wallet", deferrable=False, refund_days=90),
                Method("bank", deferrable=False),
            ),
            is_escrow_in_law=True,
            hosted_origins=(url,),
        )

    def open_checkout(self, order: CheckoutOrder) -> Seen:
        """Open a hosted page."""
        return _seen(
            self._post(
                "/v1/checkouts",
                order.key,
                operation_id=order.operation_id,
                amount_minor=order.amount.minor,
                currency=order.amount.currency,
                description=order.description,
                bundle=order.bundle,
                return_url=order.return_url,
                cancel_url=order.cancel_url,
                expires_at=order.expires_at.isoformat(),
            )
        )

    def expire_checkout(self, ref: str, key: str) -> Seen:
        """Close a hosted page; one that was paid a moment ago is seen as paid."""
        try:
            return _seen(self._post(f"/v1/checkouts/{ref}/expire", key))
        except Never as refused:
            if refused.code != "already_paid":
                raise
        return self.read(Kind.CHECKOUT, ref)

    def refund(self, order: RefundOrder) -> Seen:
        """Give money back."""
        return _seen(
            self._post(
                "/v1/refunds",
                order.key,
                operation_id=order.operation_id,
                charge_id=order.payment_ref,
                amount_minor=order.amount.minor,
                reason=order.reason,
            )
        )

    def transfer(self, order: TransferOrder) -> Seen:
        """Pay a payee."""
        return _seen(
            self._post(
                "/v1/transfers",
                order.key,
                operation_id=order.operation_id,
                payee_id=order.payee_ref,
                amount_minor=order.amount.minor,
                currency=order.amount.currency,
                bundle=order.bundle,
                description=order.description,
            )
        )

    def reverse_transfer(self, order: ReversalOrder) -> Seen:
        """Take a transfer back."""
        return _seen(
            self._post(
                f"/v1/transfers/{order.transfer_ref}/reversals",
                order.key,
                operation_id=order.operation_id,
                amount_minor=order.amount.minor,
            )
        )

    def top_up(self, order: TopUpOrder) -> Seen:
        """Put the platform's own money in."""
        return _seen(
            self._post(
                "/v1/topups",
                order.key,
                operation_id=order.operation_id,
                amount_minor=order.amount.minor,
                currency=order.amount.currency,
            )
        )

    def onboard(self, order: PayeeOrder) -> Onboarding:
        """Register a payee if need be and return a fresh onboarding address."""
        ref = order.payee_ref
        if ref is None:
            ref = self._post(
                "/v1/payees",
                order.key,
                operation_id=order.operation_id,
                reference=order.operation_id,
                name=order.name,
                email=order.email,
            )["id"]
        # A link is good for one visit, so each one is asked for anew, without a key.
        link = self._post(f"/v1/payees/{ref}/onboarding", None, return_url=order.return_url)
        return Onboarding(self.payee(ref), link["url"])

    def payee(self, ref: str) -> SeenPayee:
        """Read a payee back."""
        return _seen_payee(self._get(f"/v1/payees/{ref}"))

    def find(self, kind: Kind, operation_id: str, hint: str | None = None) -> Seen | None:  # noqa: ARG002 - this provider finds by operation alone
        """Read back what was made for `operation_id`, the first of its kind."""
        things = self._get(f"/v1/operations/{operation_id}")["things"]
        found = [_seen(thing) for thing in things if thing["object"] == _WORDS[kind]]
        return found[0] if found else None

    def read(self, kind: Kind, ref: str) -> Seen:
        """Read one thing back."""
        return _seen(self._get(f"/v1/{_WORDS[kind]}s/{ref}"))

    def verify_delivery(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Delivery:
        """Check `Harbour-Signature`: our secret, at most 300 seconds old or early."""
        sent = dict(
            part.split("=", 1)
            for part in headers.get("Harbour-Signature", "").split(",")
            if "=" in part
        )
        stamp = sent.get("t", "")
        wanted = hmac.new(self._secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted.encode(), sent.get("v1", "").encode()):
            raise Forged("signature_wrong")
        if not stamp.isdecimal() or abs(int(now.timestamp()) - int(stamp)) > TOLERANCE_S:
            raise Forged("signature_stale")
        return self.read_delivery(body)

    def read_delivery(self, body: bytes) -> Delivery:
        """Read a notice."""
        try:
            event = json.loads(body)
            thing = event["object"]
            if thing.get("object") == "payee":
                return Delivery(event["id"], event["type"], payee=_seen_payee(thing))
            known = thing.get("object") in _KINDS
            return Delivery(event["id"], event["type"], seen=_seen(thing) if known else None)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Forged("body_unreadable") from error

    def movements(self, since: str) -> Statement:
        """Return the statement after `since`, the position of the last movement read."""
        answer = self._get("/v1/movements", after=since or "0", limit=str(PAGE))
        found = [_movement(row) for row in answer["movements"]]
        last = str(answer["movements"][-1]["position"]) if found else since
        return Statement(found, last, more=len(found) == PAGE)

    def balances(self) -> list[Cash]:
        """Return what the bank holds for the platform."""
        return [
            Cash(
                available=Money(row["available_minor"], row["currency"]),
                pending=Money(row["pending_minor"], row["currency"]),
            )
            for row in self._get("/v1/balances")["balances"]
        ]

    def _get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        try:
            response = self._client.get(path, params=query)
        except httpx.HTTPError as trouble:  # reading has no effect to lose
            raise NotNow(str(trouble), code="unreachable") from trouble
        return _answer(response)

    def _post(self, path: str, key: str | None, **body: object) -> Any:  # noqa: ANN401 - JSON
        # Without a key the provider may do it twice: only for what may be done twice.
        headers = {"Idempotency-Key": key or str(uuid4())}
        try:
            response = self._client.post(path, json=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as trouble:
            raise NotNow(str(trouble), code="unreachable") from trouble  # it never got there
        except httpx.HTTPError as trouble:
            raise NoAnswer(str(trouble)) from trouble
        return _answer(response)


def _answer(response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    try:
        body = response.json()
    except ValueError as error:
        raise NoAnswer(f"unreadable answer {response.status_code}") from error
    if response.is_success:
        return body
    code, message = body.get("code", ""), body.get("message", "")
    if response.status_code >= 500 or code == "key_reused":
        raise NoAnswer(message, code=code)
    if response.status_code == 429 or code in _LATER:
        raise NotNow(message, code=code)
    raise Never(message, code=code)


def _seen(thing: Json) -> Seen:
    charge = thing.get("charge") or {}
    at = thing.get("finished_at") or (
        thing.get("created_at") if thing["state"] in {"paid", "succeeded"} else None
    )
    return Seen(
        kind=_KINDS[thing["object"]],
        ref=thing["id"],
        operation_id=thing["operation_id"],
        standing=_STANDINGS[thing["state"]],
        amount=Money(thing["amount_minor"], thing["currency"]),
        at=datetime.fromisoformat(at) if at else None,
        payment_ref=charge.get("id"),
        url=thing.get("url"),
        reason=thing.get("failure") or "",
    )


def _seen_payee(thing: Json) -> SeenPayee:
    at = thing.get("ready_at")
    return SeenPayee(
        ref=thing["id"],
        operation_id=thing["operation_id"],
        ready=thing["state"] == "ready",
        at=datetime.fromisoformat(at) if at else None,
    )


def _movement(row: Json) -> Movement:
    return Movement(
        ref=row["id"],
        kind=row["kind"],
        source_ref=row["source_id"],
        operation_id=row["operation_id"],
        amount=Money(row["amount_minor"], row["currency"]),
        fee=Money(row["fee_minor"], row["currency"]),
        available_at=datetime.fromisoformat(row["available_at"]),
        created_at=datetime.fromisoformat(row["created_at"]),
    )
