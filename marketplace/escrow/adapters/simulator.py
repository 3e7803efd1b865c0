"""The adapter for Harbour Escrow, the simulated provider. Plain HTTP, like any other."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

import httpx

from marketplace.escrow.adapters import simulator_words as words
from marketplace.escrow.gateway import (
    UNREACHABLE,
    Busy,
    Cash,
    Delivery,
    Faulty,
    Forged,
    Gateway,
    Method,
    Never,
    NoAnswer,
    NotNow,
    Onboarding,
    Seen,
    SeenDispute,
    SeenPayee,
    SeenVerification,
    Statement,
    Terms,
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
from marketplace.escrow.states import Kind
from marketplace.kernel.money import Money

TIMEOUT_S: Final = 10.0
_PATIENCE: Final = httpx.Timeout(TIMEOUT_S).as_dict()
TOLERANCE_S: Final = 300
PAGE: Final = 500

_USED: Final = frozenset({"already_paid", "already_saved"})
_UNSURE: Final = frozenset({"key_reused", "key_in_use"})
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
        self._url, self._headers = url, {"Authorization": f"Bearer {key}"}
        self._line = transport or httpx.HTTPTransport()
        self.terms = Terms(
            label="Harbour Escrow (simulator)",
            holding_limit_days=90,
            methods=(
                Method("card", deferrable=True, dispute_days=120),
                Method("wallet", deferrable=False, refund_days=90),
                Method("bank", deferrable=False),
            ),
            is_escrow_in_law=True,
            hosted_origins=(url,),
        )

    def open_checkout(self, order: CheckoutOrder) -> Seen:
        """Open a hosted page."""
        return self._open(order, "payment")

    def open_setup(self, order: CheckoutOrder) -> Seen:
        """Open a hosted page that saves a card and charges nothing."""
        return self._open(order, "setup")

    def charge_saved(self, order: ChargeOrder) -> Seen:
        """Charge a saved card; the person is not there."""
        return words.seen(
            self._post(
                "/v1/charges",
                order.key,
                operation_id=order.operation_id,
                means_id=order.means_ref,
                amount_minor=order.amount.minor,
                currency=order.amount.currency,
            )
        )

    def expire_checkout(self, ref: str, key: str) -> Seen:
        """Close a hosted page; one that was used a moment ago is seen as used."""
        try:
            return words.seen(self._post(f"/v1/checkouts/{ref}/expire", key))
        except Never as refused:
            if refused.code not in _USED:
                raise
        return self.read(Kind.CHECKOUT, ref)

    def refund(self, order: RefundOrder) -> Seen:
        """Give money back."""
        return words.seen(
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
        return words.seen(
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
        return words.seen(
            self._post(
                f"/v1/transfers/{order.transfer_ref}/reversals",
                order.key,
                operation_id=order.operation_id,
                amount_minor=order.amount.minor,
            )
        )

    def top_up(self, order: TopUpOrder) -> Seen:
        """Put the platform's own money in."""
        return words.seen(
            self._post(
                "/v1/topups",
                order.key,
                operation_id=order.operation_id,
                amount_minor=order.amount.minor,
                currency=order.amount.currency,
            )
        )

    def pay_out(self, order: PayoutOrder) -> Seen:
        """Send the platform's own money to its own bank."""
        return words.seen(
            self._post(
                "/v1/payouts",
                order.key,
                operation_id=order.operation_id,
                amount_minor=order.amount.minor,
                currency=order.amount.currency,
                description=order.description,
            )
        )

    def dispute(self, ref: str) -> SeenDispute:
        """Read a dispute back."""
        return words.seen_dispute(self._get(f"/v1/disputes/{ref}"))

    def contest(self, order: EvidenceOrder) -> SeenDispute:
        """Answer a dispute."""
        path = f"/v1/disputes/{order.dispute_ref}/evidence"
        return words.seen_dispute(self._post(path, order.key, text=order.text))

    def concede(self, ref: str, key: str) -> SeenDispute:
        """Accept a dispute."""
        return words.seen_dispute(self._post(f"/v1/disputes/{ref}/concede", key))

    def verify_person(self, order: VerificationOrder) -> SeenVerification:
        """Open a hosted page on which a person shows who they are."""
        return words.seen_verification(
            self._post(
                "/v1/verifications",
                order.key,
                operation_id=order.operation_id,
                email=order.email,
                return_url=order.return_url,
            )
        )

    def verification(self, ref: str) -> SeenVerification:
        """Read a verification back."""
        return words.seen_verification(self._get(f"/v1/verifications/{ref}"))

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
        return words.seen_payee(self._get(f"/v1/payees/{ref}"))

    def find(self, kind: Kind, operation_id: str, hint: str | None = None) -> Seen | None:  # noqa: ARG002 - this provider finds by operation alone
        """Read back what was made for `operation_id`, the first of its kind."""
        things = self._get(f"/v1/operations/{operation_id}")["things"]
        found = [words.seen(thing) for thing in things if thing["object"] == words.WORDS[kind]]
        return found[0] if found else None

    def read(self, kind: Kind, ref: str) -> Seen:
        """Read one thing back."""
        return words.seen(self._get(f"/v1/{words.WORDS[kind]}s/{ref}"))

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
            return Delivery(event["id"], event["type"], **words.about(event["object"]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Forged("body_unreadable") from error

    def movements(self, since: str) -> Statement:
        """Return the statement after `since`, the position of the last movement read."""
        answer = self._get("/v1/movements", after=since or "0", limit=str(PAGE))
        found = [words.movement(row) for row in answer["movements"]]
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

    def _open(self, order: CheckoutOrder, mode: str) -> Seen:
        return words.seen(
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
                mode=mode,
            )
        )

    def _get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        try:
            response = self._sent("GET", path, params=query or None)
        except httpx.HTTPError as trouble:  # reading has no effect to lose
            raise NotNow(str(trouble), code=UNREACHABLE) from trouble
        return _answer(response)

    def _post(self, path: str, key: str | None, **body: object) -> Any:  # noqa: ANN401 - JSON
        # Without a key the provider may do it twice: only for what may be done twice.
        once = {"Idempotency-Key": key or str(uuid4())}
        try:
            response = self._sent("POST", path, once, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout) as trouble:
            raise NotNow(str(trouble), code=UNREACHABLE) from trouble  # it never got there
        except httpx.HTTPError as trouble:
            raise NoAnswer(str(trouble)) from trouble
        return _answer(response)

    def _sent(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] = MappingProxyType({}),
        **content: Any,  # noqa: ANN401 - what httpx sends
    ) -> httpx.Response:
        """Send a request over the line: a client would add redirects and cookies, at its price."""
        request = httpx.Request(
            method,
            self._url + path,
            headers={**self._headers, **headers},
            extensions={"timeout": _PATIENCE},
            **content,
        )
        response = self._line.handle_request(request)
        response.read()
        return response


def _answer(response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    try:
        body = response.json()
    except ValueError as error:
        lost = Faulty if response.is_server_error else NoAnswer
        raise lost(f"unreadable answer {response.status_code}") from error
    if response.is_success:
        return body
    code, message = body.get("code", ""), body.get("message", "")
    if response.status_code == 429:
        after = response.headers.get("Retry-After", "")
        raise Busy(message, code, after_s=float(after) if after.isdecimal() else 0.0)
    if response.is_server_error:
        raise Faulty(message, code=code)
    if code in _UNSURE:
        raise NoAnswer(message, code=code)
    if code in _LATER:
        raise NotNow(message, code=code)
    raise Never(message, code=code)
