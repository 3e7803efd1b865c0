"""Refunds, transfers, reversals, top-ups and payouts."""

from __future__ import annotations

from tests.standin.book import Answer, Book, Json, Refused


class Outgoing(Book):
    """Money out, and the platform's own money in."""

    ready: bool | None = True  # None: as each account's own onboarding says

    def refund(self, said: Json) -> Answer:
        """POST /v1/refunds."""
        charge = self._charge_of(said["payment_intent"])
        amount, rest = int(said["amount"]), charge["amount"] - charge["amount_refunded"]
        if charge["disputed"]:
            raise Refused("charge_disputed", "The charge has been charged back.")
        if not rest:
            raise Refused("charge_already_refunded", "The charge has already been refunded.")
        if amount > rest:
            raise Refused("", f"Refund amount {amount} is greater than unrefunded amount {rest}")
        charge["amount_refunded"] += amount
        refund = self.new(
            "re",
            "refund",
            amount=amount,
            currency=charge["currency"],
            status="pending",
            pending_reason="insufficient_funds",
            charge=charge["id"],
            payment_intent=said["payment_intent"],
            balance_transaction=None,
            failure_balance_transaction=None,
            failure_reason=None,
            metadata=said.get("metadata", {}),
        )
        self._give_back(refund)
        self.tell("refund.created", refund)
        return 200, refund

    def give_back_waiting(self) -> None:
        """Refunds that waited for available money take it, the oldest first."""
        for refund in self.of_kind("refund"):
            if refund.get("pending_reason") == "insufficient_funds" and self._give_back(refund):
                self.tell("refund.updated", refund)

    def settle_refund(self, ref: str) -> None:
        """A refund that took its time arrives."""
        refund = self.objects[ref]
        if refund["status"] == "pending":
            refund |= {"status": "succeeded", "pending_reason": None}
            self.tell("refund.updated", refund)

    def return_refund(self, ref: str) -> None:
        """A refund comes back: the person's account was closed."""
        refund = self.objects[ref]
        line = self.line("refund_failure", refund, refund["amount"])
        refund |= {
            "status": "failed",
            "failure_reason": "expired_or_canceled_card",
            "failure_balance_transaction": line["id"],
        }
        self.objects[refund["charge"]]["amount_refunded"] -= refund["amount"]
        self.tell("refund.failed", refund)

    def transfer(self, said: Json) -> Answer:
        """POST /v1/transfers."""
        amount, currency = int(said["amount"]), said["currency"]
        account = self.get(said["destination"], "v2.core.account")
        if self.standing_of(account) != "active":
            raise Refused("insufficient_capabilities_for_transfer", "No capability to take it.")
        if amount > self.held(currency, available=True):
            raise Refused("balance_insufficient", "You have insufficient available funds.")
        transfer = self.new(
            "tr",
            "transfer",
            amount=amount,
            amount_reversed=0,
            currency=currency,
            description=said.get("description"),
            destination=account["id"],
            transfer_group=said.get("transfer_group"),
            metadata=said.get("metadata", {}),
            reversed=False,
            reversals={"object": "list", "data": [], "has_more": False},
        )
        transfer["balance_transaction"] = self.line("transfer", transfer, -amount)["id"]
        purse = account["_purse"]
        purse[currency] = purse.get(currency, 0) + amount
        self.tell("transfer.created", transfer)
        return 200, transfer

    def reverse(self, said: Json, ref: str) -> Answer:
        """POST /v1/transfers/…/reversals."""
        transfer = self.get(ref, "transfer")
        amount, currency = int(said["amount"]), transfer["currency"]
        if amount > transfer["amount"] - transfer["amount_reversed"]:
            raise Refused("", "Reversal amount is greater than unreversed amount.")
        purse = self.objects[transfer["destination"]]["_purse"]
        if amount > purse.get(currency, 0):
            raise Refused("balance_insufficient", "The connected account has not that much.")
        purse[currency] -= amount
        reversal = self.new(
            "trr",
            "transfer_reversal",
            amount=amount,
            currency=currency,
            transfer=ref,
            metadata=said.get("metadata", {}),
        )
        reversal["balance_transaction"] = self.line("transfer_refund", reversal, amount)["id"]
        transfer["amount_reversed"] += amount
        transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
        transfer["reversals"]["data"].insert(0, dict(reversal))
        self.tell("transfer.reversed", transfer)
        return 200, reversal

    def spend(self, account: str) -> None:
        """A payee's money goes to their bank."""
        self.objects[account]["_purse"].clear()

    def top_up(self, said: Json) -> Answer:
        """POST /v1/topups."""
        topup = self.new(
            "tu",
            "topup",
            amount=int(said["amount"]),
            currency=said["currency"],
            status="succeeded",
            metadata=said.get("metadata", {}),
        )
        topup["balance_transaction"] = self.line("topup", topup, topup["amount"])["id"]
        self.tell("topup.succeeded", topup)
        return 200, topup

    def pay_out(self, said: Json) -> Answer:
        """POST /v1/payouts."""
        amount, currency = int(said["amount"]), said["currency"]
        if amount > self.held(currency, available=True):
            raise Refused("balance_insufficient", "You have insufficient funds.")
        payout = self.new(
            "po",
            "payout",
            amount=amount,
            currency=currency,
            status="pending",
            automatic=False,
            method=said.get("method"),
            description=said.get("description"),
            failure_code=None,
            failure_balance_transaction=None,
            metadata=said.get("metadata", {}),
        )
        payout["balance_transaction"] = self.line("payout", payout, -amount)["id"]
        self.later("settle_payout", payout["id"])
        self.tell("payout.created", payout)
        return 200, payout

    def settle_payout(self, ref: str) -> None:
        """A payout arrives at the platform's bank."""
        payout = self.objects[ref]
        if payout["status"] == "pending":
            payout["status"] = "paid"
            self.tell("payout.paid", payout)

    def fail_payout(self, ref: str) -> None:
        """The platform's bank sends a payout back, even one that had arrived."""
        payout = self.get(ref, "payout")
        if payout["status"] != "failed":
            line = self.line("payout_failure", payout, payout["amount"])
            payout |= {
                "status": "failed",
                "failure_code": "account_closed",
                "failure_balance_transaction": line["id"],
            }
            self.tell("payout.failed", payout)

    def standing_of(self, account: Json) -> str:
        """Whether transfers to an account are active."""
        if self.ready is None:
            return str(account["_standing"])
        return "active" if self.ready else "pending"

    def _charge_of(self, payment: str) -> Json:
        intent = self.get(payment, "payment_intent")
        if not intent["latest_charge"]:
            raise Refused("", "This PaymentIntent does not have a successful charge to refund.")
        return self.objects[intent["latest_charge"]]

    def _give_back(self, refund: Json) -> bool:
        if refund["amount"] > self.held(refund["currency"], available=True):
            return False
        habit = self.objects[refund["charge"]]["_habit"]
        kind = "refund" if habit != "refund_takes_time" else "payment_refund"
        line = self.line(kind, refund, -refund["amount"])
        refund |= {"balance_transaction": line["id"], "status": "succeeded", "pending_reason": None}
        if habit == "refund_takes_time":
            refund |= {"status": "pending", "pending_reason": "processing"}
            self.later("settle_refund", refund["id"])
        if habit == "refund_returns":
            self.later("return_refund", refund["id"])
        return True
