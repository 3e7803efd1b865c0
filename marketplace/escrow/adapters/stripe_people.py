"""Stripe's accounts, disputes and verifications in the port's words. Pure, like the others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from marketplace.escrow.adapters.stripe_words import Json, amount, moment, operation, ref_of
from marketplace.escrow.gateway import (
    DisputeStanding,
    SeenDispute,
    SeenPayee,
    SeenVerification,
    Standing,
)

_DISPUTES: Final = {
    "warning_needs_response": DisputeStanding.NEEDS_RESPONSE,
    "needs_response": DisputeStanding.NEEDS_RESPONSE,
    "appeal_needs_response": DisputeStanding.NEEDS_RESPONSE,
    "warning_under_review": DisputeStanding.UNDER_REVIEW,
    "under_review": DisputeStanding.UNDER_REVIEW,
    "appeal_under_review": DisputeStanding.UNDER_REVIEW,
    "won": DisputeStanding.WON,
    "warning_closed": DisputeStanding.WON,
    "prevented": DisputeStanding.WON,
    "lost": DisputeStanding.LOST,
}
_VERIFICATIONS: Final = {"verified": Standing.SUCCEEDED, "canceled": Standing.FAILED}


def payee(account: Json) -> SeenPayee:
    """Read a v2 Account: ready means that transfers to it are active."""
    recipient = ((account.get("configuration") or {}).get("recipient")) or {}
    balance = ((recipient.get("capabilities") or {}).get("stripe_balance")) or {}
    status = (balance.get("stripe_transfers") or {}).get("status")
    return SeenPayee(
        account["id"], operation(account), ready=status == "active", holder=_holder(account)
    )


def _holder(account: Json) -> str:
    """Return whose account it is: as Stripe verified it, else as we registered it."""
    person = (account.get("identity") or {}).get("individual") or {}
    verified = " ".join(filter(None, (person.get("given_name"), person.get("surname"))))
    return verified or account.get("display_name") or ""


def dispute(thing: Json) -> SeenDispute | None:
    """Read a Dispute; None for one about a payment that none of our orders can have made.

    An inquiry (`warning_…`) takes no money; whether money is gone is what its lines add up to.
    """
    payment = thing.get("payment_intent")
    ref = ref_of(payment)
    if ref is None:
        return None
    taken = sum(line["amount"] for line in thing.get("balance_transactions") or ())
    return SeenDispute(
        ref=thing["id"],
        payment_ref=ref,
        operation_id="" if isinstance(payment, str) else operation(payment or {}),
        amount=amount(thing),
        standing=_DISPUTES[thing["status"]],
        reason=thing["reason"],
        opened_at=datetime.fromtimestamp(thing["created"], UTC),
        withdrawn=taken < 0,
        respond_by=moment((thing.get("evidence_details") or {}).get("due_by")),
    )


def verification(session: Json) -> SeenVerification:
    """Read a VerificationSession: until it is verified a person may always try again."""
    return SeenVerification(
        ref=session["id"],
        operation_id=operation(session),
        standing=_VERIFICATIONS.get(session["status"], Standing.OPEN),
        url=session.get("url"),
        reason=(session.get("last_error") or {}).get("code") or "",
    )
