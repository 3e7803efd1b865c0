"""Recipients and their onboarding, disputes, and who people are."""

from __future__ import annotations

from typing import Any, Final

from tests.standin.book import Answer, Book, Json, Refused, shown

DISPUTE_FEE: Final = 1_500
RESPOND_WITHIN_S: Final = 7 * 86_400
CHANGED: Final = "v2.core.account[configuration.recipient].capability_status_updated"


class People(Book):
    """Connect, disputes and Identity."""

    def account(self, said: Json) -> Answer:
        """POST /v2/core/accounts."""
        owed = said["defaults"]["responsibilities"]
        if said.get("dashboard") == "express" and set(owed.values()) != {"application"}:
            raise Refused("", "Express needs the application to collect fees and losses.")
        if not {"country", "entity_type"} <= set(said.get("identity", {})):
            raise Refused("parameter_missing", "identity: country and entity_type")
        account = self.new(
            "acct",
            "v2.core.account",
            display_name=said.get("display_name"),
            contact_email=said.get("contact_email"),
            dashboard=said.get("dashboard"),
            identity=said["identity"],
            metadata=said.get("metadata", {}),
            _standing="pending",
            _purse={},
            _token="",
            _links={},
        )
        return 200, account

    def account_link(self, said: Json) -> Answer:
        """POST /v2/core/account_links: good for one visit."""
        account = self.get(said["account"], "v2.core.account")
        use = said["use_case"]["account_onboarding"]
        self.counted += 1
        account["_token"] = f"{self.mark}{self.counted}"
        account["_links"] = {"return": use["return_url"], "refresh": use["refresh_url"]}
        return 200, {
            "object": "v2.core.account_link",
            "account": account["id"],
            "url": f"{self.url}/onboard/{account['id']}/{account['_token']}",
        }

    def onboard(self, ref: str, standing: str = "active") -> None:
        """A payee finishes onboarding, or loses what they had."""
        account = self.get(ref, "v2.core.account")
        account |= {"_standing": standing, "_token": ""}
        self.tell_thin(CHANGED, account)

    def bounce(self, ref: str) -> None:
        """A payee's own payout comes back from their bank."""
        account = self.get(ref, "v2.core.account")
        payout = {
            "id": f"po_{self.mark}x",
            "object": "payout",
            "status": "failed",
            "amount": 100,
            "currency": "eur",
            "failure_code": "account_closed",
            "metadata": {},
        }
        self.tell("payout.failed", payout, account=account["id"])

    def dispute(self, charge_ref: str) -> Json:
        """A person takes a payment back through their bank."""
        charge = self.get(charge_ref, "charge")
        amount = charge["amount"] - charge["amount_refunded"]
        dispute = self.new(
            "du",
            "dispute",
            amount=amount,
            currency=charge["currency"],
            charge=charge["id"],
            payment_intent=charge["payment_intent"],
            status="needs_response",
            reason="fraudulent",
            metadata={},
            evidence={},
            evidence_details={"due_by": self.now() + RESPOND_WITHIN_S, "submission_count": 0},
            balance_transactions=[],
        )
        charge["disputed"] = True
        self.tell("charge.dispute.created", dispute)
        line = self.line("adjustment", dispute, -amount, fee=DISPUTE_FEE)
        dispute["balance_transactions"].append(line)
        self.tell("charge.dispute.funds_withdrawn", dispute)
        return dispute

    def contest(self, said: Json, ref: str) -> Answer:
        """POST /v1/disputes/…: evidence; two words of it decide, as with Stripe's test cards."""
        dispute = self.get(ref, "dispute")
        if dispute["status"] != "needs_response":
            raise Refused("dispute_already_submitted", "This dispute has been answered.")
        dispute["evidence"] |= said.get("evidence", {})
        if said.get("submit") == "true":
            dispute["status"] = "under_review"
            dispute["evidence_details"]["submission_count"] += 1
            self.tell("charge.dispute.updated", dispute)
            text = dispute["evidence"].get("uncategorized_text", "")
            for word, verb in (("winning_evidence", "win"), ("losing_evidence", "lose")):
                if word in text:
                    self.later(verb, ref)
        return 200, dispute

    def concede(self, _said: Json, ref: str) -> Answer:
        """POST /v1/disputes/…/close."""
        dispute = self.get(ref, "dispute")
        if dispute["status"] in {"won", "lost"}:
            raise Refused("", "This dispute is closed.")
        self.decide(ref, won=False)
        return 200, dispute

    def decide(self, ref: str, *, won: bool) -> None:
        """The bank decides."""
        dispute = self.get(ref, "dispute")
        if dispute["status"] in {"won", "lost"}:
            return
        dispute["status"] = "won" if won else "lost"
        if won:
            line = self.line("adjustment", dispute, dispute["amount"])
            dispute["balance_transactions"].append(line)
            self.objects[dispute["charge"]]["disputed"] = False
            self.tell("charge.dispute.funds_reinstated", dispute)
        self.tell("charge.dispute.closed", dispute)

    def lose_unanswered(self) -> None:
        """Disputes nobody answered in time are lost."""
        for dispute in self.of_kind("dispute"):
            late = dispute["evidence_details"]["due_by"] <= self.now()
            if late and dispute["status"] == "needs_response":
                self.decide(dispute["id"], won=False)

    def verify_person(self, said: Json) -> Answer:
        """POST /v1/identity/verification_sessions."""
        session = self.new(
            "vs",
            "identity.verification_session",
            type=said["type"],
            status="requires_input",
            client_reference_id=said.get("client_reference_id"),
            provided_details=said.get("provided_details"),
            last_error=None,
            metadata=said.get("metadata", {}),
            _return=said.get("return_url", ""),
        )
        return 200, session

    def verify(self, ref: str, *, readable: bool = True) -> None:
        """A person shows a document."""
        session = self.get(ref, "identity.verification_session")
        if readable:
            session |= {"status": "verified", "last_error": None}
            self.tell("identity.verification_session.verified", session)
        else:
            session["last_error"] = {"code": "document_unverified_other", "reason": "Unreadable."}
            self.tell("identity.verification_session.requires_input", session)

    def with_address(self, session: Json) -> Json:
        """A verification as Stripe shows it: with a fresh address while it is unfinished."""
        self.counted += 1
        open_yet = session["status"] == "requires_input"
        token = f"{self.mark}{self.counted}"
        return shown(session) | {
            "url": f"{self.url}/verify/{session['id']}/{token}" if open_yet else None
        }

    def with_recipient(self, account: Json, said: Json, standing: str) -> Json:
        """An account as v2 shows it: what was not asked for is left out."""
        asked_for = "configuration.recipient" in said.get("include", [])
        capability: dict[str, Any] = {"stripe_transfers": {"status": standing}}
        recipient = {"capabilities": {"stripe_balance": capability}}
        return shown(account) | {"configuration": {"recipient": recipient} if asked_for else None}
