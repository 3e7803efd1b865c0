"""A Stripe account: every request checked, carried out once under its key, and answered."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.builders.stripe_schema import complaints, decoded, params_of
from tests.standin.book import Answer, Json, Refused, shown
from tests.standin.outgoing import Outgoing
from tests.standin.payments import Payments
from tests.standin.people import People

VERSION: Final = "2026-10-28.endive"  # the one this house speaks; the SDK pins it
METADATA_MAX: Final = (50, 40, 500)  # entries, length of a name, length of a value
KEY_MAX: Final = 255
KEY_MEMORY_S: Final = 24 * 3_600  # afterwards the same key is another order

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
# The rest of what can go wrong with a call; `sticky` is a 500 that is kept under the key.
ORDER_LOST: Final = "order_answer_lost"  # the next POST is carried out, and its answer lost
OF_ORDERS: Final = (ORDER_LOST, "sticky", "sticky_done")
OTHER_TROUBLES: Final = ("lost", "answer_lost", "garbled", "silent", *OF_ORDERS)


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
class Stripe(Payments, Outgoing, People):
    """A Stripe account: what it was asked, and what it holds."""

    ready: bool | None = True
    asked: list[Asked] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)  # what no well-made client would send
    busy: set[str] = field(default_factory=set)
    gate: threading.Lock = field(default_factory=threading.Lock)

    def posts(self) -> list[Asked]:
        return [one for one in self.asked if one.method == "POST"]

    def event(self, kind: str, thing: Json, *, live: bool = False, ref: str = "evt_1") -> bytes:
        """An event about `thing` as Stripe would post it."""
        body = {
            "id": ref,
            "object": "event",
            "type": kind,
            "created": self.now(),
            "livemode": live,
            "data": {"object": thing},
        }
        return json.dumps(body).encode()

    def answer(
        self, method: str, path: str, said: Json, headers: Mapping[str, str], trouble: str = ""
    ) -> Answer:
        """Answer a request as Stripe would."""
        asked = Asked(method, path, said, headers)
        self.asked.append(asked)
        wrong = _wrong(asked)
        if wrong:
            self.mistakes += [f"{method} {path}: {each}" for each in wrong]
            return Refused("parameter_unknown", "; ".join(wrong)).answer
        if method == "GET":
            with self.lock:
                self.tick()
                return self._safely(lambda: self._read(path, said), said)
        return self._alone(asked, trouble)

    def tick(self) -> None:
        """Let happen what is due."""
        with self.lock:
            self.expire_late()
            self.lose_unanswered()
            due = [each for each in self.due if each["at"] <= self.now()]
            self.due = [each for each in self.due if each["at"] > self.now()]
            for each in due:
                _LATER[each["do"]](self, each["ref"])
            self.give_back_waiting()

    def _alone(self, asked: Asked, trouble: str) -> Answer:
        """Carry a request out while nobody else does so under its key."""
        key = str(asked.key)
        with self.gate:
            if key in self.busy:
                status, kind, code = TROUBLES["conflict"]
                return status, {"error": {"type": kind, "code": code, "message": "in use"}}
            self.busy.add(key)
        try:
            with self.lock:
                self.tick()
                answer = self._once(asked, key, trouble)
                self.keep()
                return answer
        finally:
            self.busy.discard(key)

    def _once(self, asked: Asked, key: str, trouble: str) -> Answer:
        former = self.answered.get(key)
        if former is not None and former["at"] + KEY_MEMORY_S > self.now():
            if (former["path"], former["said"]) != (asked.path, asked.said):
                return 400, {"error": {"type": "idempotency_error", "message": "another request"}}
            return former["status"], former["body"]
        status, body = 500, {"error": {"type": "api_error", "message": "sticky"}}
        if trouble != "sticky":
            status, body = self._safely(lambda: self._act(asked.path, asked.said), asked.said)
            if status in {400, 404}:
                return status, body  # refused before it began, so not kept
        if trouble == "sticky_done":
            status, body = 500, {"error": {"type": "api_error", "message": "sticky"}}
        kept = {"path": asked.path, "said": asked.said, "status": status, "body": body}
        kept["at"] = self.now()
        self.answered[key] = json.loads(json.dumps(kept))
        return status, body

    def _safely(self, act: Callable[[], Answer], said: Json) -> Answer:
        try:
            status, body = act()
            whole = self._shown(body, said)
            for path in said.get("expand", ()) if status == 200 else ():
                self._expand(whole, path.split("."))
        except Refused as refused:
            code = refused.answer[1]["error"]["code"] or ""
            if code.startswith("parameter_") or "expanded" in str(refused):
                self.mistakes.append(str(refused))
            return refused.answer
        return status, whole

    def _act(self, path: str, said: Json) -> Answer:
        for pattern, act in _ACTS.items():
            found = re.fullmatch(pattern, path)
            if found:
                return act(self, said, *found.groups())
        raise LookupError(path)

    def _read(self, path: str, said: Json) -> Answer:
        if path == "/v1/balance":
            return 200, self.balance()
        if path == "/v1/balance_settings":
            return self.balance_settings({})
        if path == "/v1/balance_transactions":
            return self._page(path, self.lines, said)
        ref = path.rsplit("/", 1)[-1]
        if ref in _LISTS:
            within = {"transfer": path.split("/")[3]} if ref == "reversals" else {}
            return self._page(path, self.of_kind(_LISTS[ref]), said | within)
        if ref not in self.objects:
            raise Refused("resource_missing", f"No such thing: '{ref}'", 404)
        return 200, self.objects[ref]

    def _shown(self, thing: Json, said: Json) -> Json:
        if thing.get("object") == "v2.core.account":
            return self.with_recipient(thing, said, self.standing_of(thing))
        if thing.get("object") == "identity.verification_session":
            return self.with_address(thing)
        return shown(thing)

    def _page(self, path: str, things: list[Json], said: Json) -> Answer:
        newest = [shown(one) for one in reversed(things) if _wanted(one, said)]
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

    def _expand(self, at: Any, names: list[str]) -> None:
        if isinstance(at, list):
            for each in at:
                self._expand(each, names)
            return
        name, *rest = names
        if name not in at:
            raise Refused("", f"This property cannot be expanded ({name}).")
        if isinstance(at[name], str):
            at[name] = shown(self.objects[at[name]])
        if rest and at[name] is not None:
            self._expand(at[name], rest)

    def balance_settings(self, said: Json) -> Answer:
        """POST and GET /v1/balance_settings."""
        schedule = said.get("payments", {}).get("payouts", {}).get("schedule", {})
        self.settings |= schedule
        return 200, {
            "object": "balance_settings",
            "payments": {"payouts": {"schedule": dict(self.settings)}},
        }


_ACTS: Final[Mapping[str, Callable[..., Answer]]] = {
    r"/v1/checkout/sessions": Stripe.open_checkout,
    r"/v1/checkout/sessions/(\w+)/expire": Stripe.expire_checkout,
    r"/v1/payment_intents": Stripe.charge_saved,
    r"/v1/refunds": Stripe.refund,
    r"/v1/transfers": Stripe.transfer,
    r"/v1/transfers/(\w+)/reversals": Stripe.reverse,
    r"/v1/topups": Stripe.top_up,
    r"/v1/payouts": Stripe.pay_out,
    r"/v1/balance_settings": Stripe.balance_settings,
    r"/v1/disputes/(\w+)": Stripe.contest,
    r"/v1/disputes/(\w+)/close": Stripe.concede,
    r"/v1/identity/verification_sessions": Stripe.verify_person,
    r"/v2/core/accounts": Stripe.account,
    r"/v2/core/account_links": Stripe.account_link,
}
_LATER: Final[Mapping[str, Callable[[Stripe, str], Any]]] = {
    "dispute": Stripe.dispute,
    "win": lambda account, ref: account.decide(ref, won=True),
    "lose": lambda account, ref: account.decide(ref, won=False),
    "settle_refund": Stripe.settle_refund,
    "return_refund": Stripe.return_refund,
    "settle_payout": Stripe.settle_payout,
}
_LISTS: Final = {
    "sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "refunds": "refund",
    "transfers": "transfer",
    "reversals": "transfer_reversal",
    "topups": "topup",
    "payouts": "payout",
}


def said_in(path: str, query: str, body: str) -> Json:
    """What a request says: v2 speaks JSON, v1 forms."""
    if path.startswith("/v2") and body:
        said: Json = json.loads(body)
        return said
    return decoded(body or query)


def _wrong(asked: Asked) -> list[str]:
    """What no well-made client would send."""
    params = params_of(asked.method, asked.path)
    if params is None:
        return ["there is no such call"]
    found = complaints(asked.said, params)
    if asked.headers.get("stripe-version") != VERSION:
        found.append(f"Stripe-Version is {asked.headers.get('stripe-version')}, not {VERSION}")
    if asked.method == "POST" and not 0 < len(asked.key or "") <= KEY_MAX:
        found.append("every POST carries a key")
    entries, name, value = METADATA_MAX
    marks = asked.said.get("metadata", {})
    if len(marks) > entries or any(len(k) > name or len(v) > value for k, v in marks.items()):
        found.append("metadata is too long")
    return found


def _wanted(thing: Json, said: Json) -> bool:
    since = int(said.get("created", {}).get("gte", 0))
    names = ("payment_intent", "transfer_group", "customer", "transfer")
    return thing["created"] >= since and all(
        thing.get(name) == said[name] for name in names if name in said
    )
