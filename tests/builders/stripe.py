"""Stripe on loopback: enough of its real behaviour to hold the adapter to it.

Every request is checked against the parameter types of the installed SDK; a POST under a key
that was seen before is answered as before. `trouble` breaks the next calls, before or after
their effect.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from stripe import WebhookSignature

from marketplace import wiring
from marketplace.escrow import gateway
from marketplace.escrow.adapters.stripe import StripeGateway
from marketplace.infra.events import subscribe
from marketplace.kernel import clock
from tests.builders.stripe_schema import complaints, decoded, params_of

KEY: Final = "sk_test_of_the_tests"
SECRET: Final = "whsec_of_the_tests"
TIMEOUT_S: Final = 0.5

Json = dict[str, Any]
Answer = tuple[int, Json]

# What Stripe answers in trouble: status, type of error, its code.
TROUBLES: Final[Mapping[str, tuple[int, str, str]]] = {
    "declined": (402, "card_error", "card_declined"),
    "wrong": (400, "invalid_request_error", "parameter_invalid_integer"),
    "refunded": (400, "invalid_request_error", "charge_already_refunded"),
    "poor": (400, "invalid_request_error", "balance_insufficient"),
    "unready": (400, "invalid_request_error", "insufficient_capabilities_for_transfer"),
    "unknown_key": (401, "invalid_request_error", ""),
    "forbidden": (403, "invalid_request_error", "more_permissions_required"),
    "conflict": (409, "idempotency_error", "idempotency_key_in_use"),
    "busy": (429, "invalid_request_error", "rate_limit"),
    "broken": (500, "api_error", ""),
    "down": (503, "api_error", ""),
}


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    said: Json
    headers: Mapping[str, str]

    @property
    def key(self) -> str | None:
        return self.headers.get("idempotency-key")


@dataclass
class Stripe:
    """A Stripe account: what it was asked, and what it holds."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    objects: dict[str, Json] = field(default_factory=dict)
    lines: list[Json] = field(default_factory=list)
    answered: dict[str, tuple[Json, Answer]] = field(default_factory=dict)
    ready: bool = True
    lock: threading.RLock = field(default_factory=threading.RLock)

    def posts(self) -> list[Asked]:
        return [one for one in self.asked if one.method == "POST"]

    def pay(self, ref: str) -> Json:
        """A person pays on the hosted page; the money is pending until `settle`."""
        session = self.objects[ref]
        charge = self._new("ch", "charge", session["amount_total"], session, {})
        charge["payment_intent"] = f"pi_{charge['id']}"
        session |= {"status": "complete", "payment_status": "paid"}
        session["payment_intent"] = charge["payment_intent"]
        self._line("charge", charge, charge["amount"], fee=charge["amount"] * 3 // 100 + 25)
        return session

    def event(self, kind: str, thing: Json, *, live: bool = False, ref: str = "evt_1") -> bytes:
        """An event about `thing` as Stripe would post it."""
        body = {
            "id": ref,
            "object": "event",
            "type": kind,
            "created": _now(),
            "livemode": live,
            "data": {"object": thing},
        }
        return json.dumps(body).encode()

    def answer(self, method: str, path: str, said: Json, headers: Mapping[str, str]) -> Answer:
        asked = Asked(method, path, said, headers)
        self.asked.append(asked)
        params = params_of(method, path)
        if params is None:
            return _refused("resource_missing", f"{method} {path}")
        wrong = complaints(said, params)
        if wrong:
            return _refused("parameter_unknown", "; ".join(wrong))
        with self.lock:
            if method == "GET":
                return self._read(path, said)
            return self._once(asked)

    def _once(self, asked: Asked) -> Answer:
        if asked.key is None:
            return _refused("no_key", "every POST carries a key")
        former = self.answered.get(asked.key)
        if former is not None and former[0] != asked.said:
            return 400, {"error": {"type": "idempotency_error", "message": "another request"}}
        if former is None:
            self.answered[asked.key] = (asked.said, self._act(asked.path, asked.said))
        return self.answered[asked.key][1]

    def _act(self, path: str, said: Json) -> Answer:
        for pattern, act in _ACTS.items():
            found = re.fullmatch(pattern, path)
            if found:
                return act(self, said, *found.groups())
        raise LookupError(path)

    def _read(self, path: str, said: Json) -> Answer:
        if path == "/v1/balance":
            return 200, self._balance()
        if path == "/v1/balance_transactions":
            return self._page(path, self.lines, said)
        ref = path.rsplit("/", 1)[-1]
        if ref in self.objects:
            return 200, self._shown(self.objects[ref], said)
        kind = _LISTS.get(ref)
        if kind is None:
            return _refused("resource_missing", path, 404)
        things = [one for one in self.objects.values() if one["object"] == kind]
        return self._page(path, things, said)

    def _shown(self, thing: Json, said: Json) -> Json:
        if thing["object"] != "v2.core.account":
            return thing
        # v2 leaves out what was not asked for.
        asked_for = "configuration.recipient" in said.get("include", [])
        status = "active" if self.ready else "pending"
        recipient = {"capabilities": {"stripe_balance": {"stripe_transfers": {"status": status}}}}
        return thing | {"configuration": {"recipient": recipient} if asked_for else None}

    def _page(self, path: str, things: list[Json], said: Json) -> Answer:
        newest = [one for one in reversed(things) if _wanted(one, said)]
        if "starting_after" in said:
            at = [one["id"] for one in newest].index(said["starting_after"])
            newest = newest[at + 1 :]
        limit = int(said.get("limit", 10))
        return 200, {
            "object": "list",
            "url": path,
            "data": newest[:limit],
            "has_more": len(newest) > limit,
        }

    def _balance(self) -> Json:
        sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
        for line in self.lines:
            part = "available" if line["available_on"] <= _now() else "pending"
            held = sums[part]
            held[line["currency"]] = held.get(line["currency"], 0) + line["amount"] - line["fee"]
        shown = {
            part: [{"currency": currency, "amount": amount} for currency, amount in held.items()]
            for part, held in sums.items()
        }
        return {"object": "balance", **shown}

    def _new(self, prefix: str, kind: str, amount: int, like: Json, said: Json) -> Json:
        ref = f"{prefix}_{len(self.objects) + 1}"
        self.objects[ref] = {
            "id": ref,
            "object": kind,
            "amount": amount,
            "currency": said.get("currency", like.get("currency")),
            "metadata": said.get("metadata", like.get("metadata", {})),
            "created": _now(),
        }
        return self.objects[ref]

    def _line(self, kind: str, source: Json, amount: int, fee: int = 0) -> None:
        self.lines.append(
            {
                "id": f"txn_{len(self.lines) + 1}",
                "object": "balance_transaction",
                "type": kind,
                "amount": amount,
                "fee": fee,
                "currency": source["currency"],
                "created": _now(),
                "available_on": _now() + (86_400 * 2 if kind == "charge" else 0),
                "source": source,
            }
        )

    def open_checkout(self, said: Json) -> Answer:
        price = said["line_items"][0]["price_data"]
        session = self._new(
            "cs_test", "checkout.session", 0, price, said | {"currency": price["currency"]}
        )
        session |= {
            "amount_total": int(price["unit_amount"]),
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "url": f"{self.url}/pay/{session['id']}",
        }
        return 200, session

    def expire_checkout(self, said: Json, ref: str) -> Answer:
        session = self.objects[ref]
        if session["status"] != "open":
            return _refused("", "only open sessions can be expired")
        session["status"] = "expired"
        return 200, session

    def refund(self, said: Json) -> Answer:
        charge = next(
            o
            for o in self.objects.values()
            if o.get("payment_intent") == said["payment_intent"] and o["object"] == "charge"
        )
        refund = self._new("re", "refund", int(said["amount"]), charge, said)
        refund |= {"status": "succeeded", "payment_intent": said["payment_intent"]}
        self._line("refund", refund, -refund["amount"])
        return 200, refund

    def transfer(self, said: Json) -> Answer:
        transfer = self._new("tr", "transfer", int(said["amount"]), {}, said)
        transfer |= {"destination": said["destination"], "transfer_group": said["transfer_group"]}
        self._line("transfer", transfer, -transfer["amount"])
        return 200, transfer

    def reverse(self, said: Json, ref: str) -> Answer:
        reversal = self._new(
            "trr", "transfer_reversal", int(said["amount"]), self.objects[ref], said
        )
        reversal["transfer"] = ref
        self._line("transfer_refund", reversal, reversal["amount"])
        return 200, reversal

    def top_up(self, said: Json) -> Answer:
        topup = self._new("tu", "topup", int(said["amount"]), {}, said)
        topup["status"] = "succeeded"
        self._line("topup", topup, topup["amount"])
        return 200, topup

    def account(self, said: Json) -> Answer:
        account = self._new("acct", "v2.core.account", 0, {}, said)
        return 200, self._shown(account, said)

    def account_link(self, said: Json) -> Answer:
        return 200, {
            "object": "v2.core.account_link",
            "account": said["account"],
            "url": f"{self.url}/onboard/{said['account']}",
        }


_ACTS: Final[Mapping[str, Callable[..., Answer]]] = {
    r"/v1/checkout/sessions": Stripe.open_checkout,
    r"/v1/checkout/sessions/(\w+)/expire": Stripe.expire_checkout,
    r"/v1/refunds": Stripe.refund,
    r"/v1/transfers": Stripe.transfer,
    r"/v1/transfers/(\w+)/reversals": Stripe.reverse,
    r"/v1/topups": Stripe.top_up,
    r"/v2/core/accounts": Stripe.account,
    r"/v2/core/account_links": Stripe.account_link,
}
_LISTS: Final = {
    "sessions": "checkout.session",
    "refunds": "refund",
    "transfers": "transfer",
    "reversals": "transfer_reversal",
    "topups": "topup",
}


def _now() -> int:
    return int(clock.now().timestamp())


def _wanted(thing: Json, said: Json) -> bool:
    since = int(said.get("created", {}).get("gte", 0))
    names = ("payment_intent", "transfer_group")
    return thing["created"] >= since and all(
        thing.get(name) == said[name] for name in names if name in said
    )


def _refused(code: str, message: str, status: int = 400) -> Answer:
    error = {"type": "invalid_request_error", "code": code, "message": message}
    return status, {"error": error}


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, breaks what shall break, answers."""

    protocol_version = "HTTP/1.1"
    stripe: Stripe

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._serve(parts.path, decoded(parts.query))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        path = urlsplit(self.path).path
        self._serve(path, json.loads(body) if path.startswith("/v2") else decoded(body))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def _serve(self, path: str, said: Json) -> None:
        trouble = self.stripe.trouble.pop(0) if self.stripe.trouble else ""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if trouble in {"lost", *TROUBLES}:
            self.stripe.asked.append(Asked(self.command, path, said, headers))
            answer = _broken(trouble) if trouble in TROUBLES else None
        else:
            answer = self.stripe.answer(self.command, path, said, headers)
        if trouble == "silent":
            time.sleep(TIMEOUT_S * 2)
        if answer is None or trouble == "answer_lost":
            self.close_connection = True
            return
        body = b"<html>" if trouble == "garbled" else json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _broken(trouble: str) -> Answer:
    status, kind, code = TROUBLES[trouble]
    return status, {"error": {"type": kind, "code": code or None, "message": trouble}}


@contextmanager
def a_stripe() -> Iterator[Stripe]:
    """A new account, reachable until the end of the block."""
    account = Stripe()
    handler = type("Handler", (_Handler,), {"stripe": account})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        account.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield account
        finally:
            server.shutdown()
            thread.join()


def a_gateway(
    account: Stripe, *, secrets: tuple[str, ...] = (SECRET,), retries: int = 0, key: str = KEY
) -> StripeGateway:
    """The adapter, talking to `account`."""
    return StripeGateway(key, secrets, account.url, retries=retries, timeout_s=TIMEOUT_S)


def signed(body: bytes, secret: str = SECRET, age_s: int = 0) -> dict[str, str]:
    """The header that Stripe sends with `body`."""
    header = WebhookSignature.generate_signature_header(body.decode(), secret, _now() - age_s)
    return {"Stripe-Signature": header}


@contextmanager
def banking_with(account: Stripe) -> Iterator[None]:
    """This process banks with `account` until the end of the block, and nobody listens."""
    former = gateway.current()
    gateway.install(a_gateway(account))
    subscribe({})
    try:
        yield
    finally:
        gateway.install(former)
        subscribe(wiring.EVENTS)
