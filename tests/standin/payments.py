"""Checkout Sessions, what they save and charge, and charges without the person."""

from __future__ import annotations

from typing import Any

from tests.standin.book import Answer, Book, Json, Refused, shown
from tests.standin.cards import GOOD, WAYS, Way, find_way

HALF_HOUR, DAY = 1_800, 86_400


class Declined(Exception):
    """The page says no; the person may try something else."""


class Payments(Book):
    """Money in."""

    def open_checkout(self, said: Json) -> Answer:
        """POST /v1/checkout/sessions."""
        if not HALF_HOUR <= int(said["expires_at"]) - self.now() <= DAY:
            raise Refused("parameter_invalid_integer", "expires_at: 30 minutes to 24 hours")
        setup = said.get("mode") == "setup"
        facts = _saving(said) if setup else _paying(said)
        session = self.new(
            "cs_test",
            "checkout.session",
            mode=said["mode"],
            status="open",
            client_reference_id=said.get("client_reference_id"),
            metadata=said.get("metadata", {}),
            success_url=said["success_url"],
            cancel_url=said.get("cancel_url"),
            expires_at=int(said["expires_at"]),
            payment_intent=None,
            setup_intent=None,
            customer=None,
            payment_method_types=said.get("allowed_payment_method_types", ["card"]),
            **facts,
        )
        session["url"] = f"{self.url}/pay/{session['id']}"
        return 200, session

    def expire_checkout(self, _said: Json, ref: str) -> Answer:
        """POST /v1/checkout/sessions/…/expire."""
        session = self.get(ref, "checkout.session")
        if session["status"] != "open":
            raise Refused("", "Only Checkout Sessions with a status in [open] can be expired.")
        self._close(session)
        return 200, session

    def expire_late(self) -> None:
        """Close the pages whose time is over."""
        for session in self.of_kind("checkout.session"):
            if session["status"] == "open" and session["expires_at"] <= self.now():
                self._close(session)

    def pay(self, ref: str, way: str = GOOD) -> Json:
        """A person pays on the page, or saves their card; raises `Declined`.

        Whoever must confirm has done so: the page asks them.
        """
        chosen = find_way(way)
        session = self.objects[ref]
        if session["status"] == "expired" or session["expires_at"] <= self.now():
            raise Declined("This page is closed.")
        if session["status"] == "complete":
            return session
        if chosen is None or chosen.method not in session["payment_method_types"]:
            raise Declined("That cannot be used here.")
        if chosen.refusal:
            raise Declined(f"Refused: {chosen.refusal}.")
        if session["mode"] == "setup":
            self._save(session, chosen)
        else:
            self._pay(session, chosen)
        session |= {"status": "complete", "url": None}
        self.tell("checkout.session.completed", session)
        return session

    def charge_saved(self, said: Json) -> Answer:
        """POST /v1/payment_intents, off session and confirmed."""
        if said.get("off_session") != "true" or said.get("confirm") != "true":
            raise Refused("parameter_invalid_string", "the stand-in only charges what was saved")
        method = self.get(said["payment_method"], "payment_method")
        if method["customer"] != said.get("customer"):
            raise Refused("", "The PaymentMethod does not belong to this customer.")
        way = WAYS[method["_way"]]
        intent = self._intent(
            int(said["amount"]),
            said["currency"],
            said,
            customer=said["customer"],
            payment_method=method["id"],
        )
        if not way.later:
            self._charge(intent, way)
            self.tell("payment_intent.succeeded", intent)
            return 200, intent
        code = "authentication_required" if "auth" in way.later else "card_declined"
        intent["last_payment_error"] = {
            "type": "card_error",
            "code": code,
            "decline_code": "generic_decline" if way.later == "card_declined" else way.later,
        }
        self.tell("payment_intent.payment_failed", intent)
        error = intent["last_payment_error"] | {"payment_intent": shown(intent), "message": code}
        return 402, {"error": error}

    def _pay(self, session: Json, way: Way) -> None:
        data = session["_data"]
        intent = self._intent(session["amount_total"], session["currency"], data)
        session |= {"payment_status": "paid", "payment_intent": intent["id"]}
        self._charge(intent, way)
        self.tell("payment_intent.succeeded", intent)

    def _save(self, session: Json, way: Way) -> None:
        customer = self.new("cus", "customer", email="person@example.test")
        method = self.new(
            "pm", "payment_method", type=way.method, customer=customer["id"], _way=way.name
        )
        intent = self.new(
            "seti",
            "setup_intent",
            status="succeeded",
            usage="off_session",
            customer=customer["id"],
            payment_method=method["id"],
            metadata=session["_data"].get("metadata", {}),
        )
        session |= {"setup_intent": intent["id"], "customer": customer["id"]}
        self.tell("setup_intent.succeeded", intent)

    def _intent(self, amount: int, currency: str, said: Json, **more: Any) -> Json:
        return self.new(
            "pi",
            "payment_intent",
            amount=amount,
            currency=currency,
            status="requires_payment_method",
            latest_charge=None,
            last_payment_error=None,
            metadata=said.get("metadata", {}),
            transfer_group=said.get("transfer_group"),
            **more,
        )

    def _charge(self, intent: Json, way: Way) -> None:
        charge = self.new(
            "ch",
            "charge",
            amount=intent["amount"],
            amount_refunded=0,
            currency=intent["currency"],
            status="succeeded",
            disputed=False,
            payment_intent=intent["id"],
            transfer_group=intent["transfer_group"],
            metadata=dict(intent["metadata"]),
            payment_method_details={"type": way.method, way.method: {}},
            _habit=way.habit,
        )
        wait = 0 if way.habit == "at_once" else int(self.pending.total_seconds())
        fee = charge["amount"] * 3 // 100 + 25
        kind = "charge" if way.method == "card" else "payment"
        line = self.line(kind, charge, charge["amount"], fee=fee, wait=wait)
        charge["balance_transaction"] = line["id"]
        intent |= {"status": "succeeded", "latest_charge": charge["id"]}
        self.tell("charge.succeeded", charge)
        if way.habit == "disputed":
            self.later("dispute", charge["id"])

    def _close(self, session: Json) -> None:
        session |= {"status": "expired", "url": None}
        self.tell("checkout.session.expired", session)


def _paying(said: Json) -> Json:
    (item,) = said.get("line_items") or [None]
    if item is None:
        raise Refused("parameter_missing", "line_items is required in payment mode")
    price = item["price_data"]
    amount = int(price["unit_amount"]) * int(item["quantity"])
    if amount <= 0:
        raise Refused("parameter_invalid_integer", "unit_amount must be positive")
    return {
        "amount_total": amount,
        "currency": price["currency"],
        "payment_status": "unpaid",
        "_name": price["product_data"]["name"],
        "_data": said.get("payment_intent_data", {}),
    }


def _saving(said: Json) -> Json:
    if "line_items" in said or "payment_intent_data" in said:
        raise Refused("parameter_unknown", "setup mode takes no payment")
    if "currency" not in said and "allowed_payment_method_types" not in said:
        raise Refused("parameter_missing", "currency is required in setup mode")
    if said.get("customer_creation") != "always" and "customer" not in said:
        raise Refused("", "the stand-in wants a customer, or nothing could be charged later")
    return {
        "amount_total": None,
        "currency": said.get("currency"),
        "payment_status": "no_payment_required",
        "_name": said.get("setup_intent_data", {}).get("description", ""),
        "_data": said.get("setup_intent_data", {}),
    }
