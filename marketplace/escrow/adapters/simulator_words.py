"""The simulator's objects in the port's words. Pure: dictionaries in, frozen values out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from marketplace.escrow.gateway import (
    DisputeStanding,
    Movement,
    Seen,
    SeenDispute,
    SeenPayee,
    SeenVerification,
    Standing,
)
from marketplace.escrow.states import Kind
from marketplace.kernel.money import Money

Json = Mapping[str, Any]

KINDS: Final = {
    "checkout": Kind.CHECKOUT,
    "setup": Kind.SETUP,
    "charge": Kind.CHARGE,
    "refund": Kind.REFUND,
    "transfer": Kind.TRANSFER,
    "reversal": Kind.REVERSAL,
    "topup": Kind.TOP_UP,
    "payout": Kind.PAYOUT,
}
WORDS: Final = {kind: word for word, kind in KINDS.items()}
_STANDINGS: Final = {
    "open": Standing.OPEN,
    "pending": Standing.OPEN,
    "expired": Standing.EXPIRED,
    "failed": Standing.FAILED,
    "paid": Standing.SUCCEEDED,
    "saved": Standing.SUCCEEDED,
    "succeeded": Standing.SUCCEEDED,
    "verified": Standing.SUCCEEDED,
    "returned": Standing.RETURNED,
}


def about(thing: Json) -> dict[str, Any]:
    """Return what a notice is about, by its name in a `Delivery`; nothing if it is none of ours."""
    kind = thing.get("object")
    if kind in KINDS:
        return {"seen": seen(thing)}
    if kind == "payee" and thing["state"] == "restricted":
        return {"payee_ref": thing["id"]}  # it may be old news, and it takes something away
    reader = {"payee": seen_payee, "dispute": seen_dispute, "verification": seen_verification}
    return {kind: reader[kind](thing)} if kind in reader else {}


def seen(thing: Json) -> Seen:
    """Return what a notice or an answer shows of an instruction."""
    charge, means = thing.get("charge") or {}, thing.get("means") or {}
    at = thing.get("finished_at") or (
        thing.get("created_at") if thing["state"] in {"paid", "succeeded"} else None
    )
    return Seen(
        kind=KINDS[thing["object"]],
        ref=thing["id"],
        operation_id=thing["operation_id"],
        standing=_STANDINGS[thing["state"]],
        amount=Money(thing["amount_minor"], thing["currency"]),
        at=datetime.fromisoformat(at) if at else None,
        payment_ref=charge.get("id") or means.get("id"),
        url=thing.get("url"),
        reason=thing.get("failure") or "",
        method=charge.get("method") or ("card" if means else ""),
    )


def seen_dispute(thing: Json) -> SeenDispute:
    """Return what is shown of a dispute."""
    return SeenDispute(
        ref=thing["id"],
        payment_ref=thing["charge_id"],
        operation_id=thing["operation_id"],
        amount=Money(thing["amount_minor"], thing["currency"]),
        standing=DisputeStanding(thing["state"]),
        reason=thing["reason"],
        opened_at=datetime.fromisoformat(thing["created_at"]),
        withdrawn=thing["withdrawn"],
        respond_by=datetime.fromisoformat(thing["respond_by"]),
    )


def seen_verification(thing: Json) -> SeenVerification:
    """Return what is shown of a verification."""
    return SeenVerification(
        ref=thing["id"],
        operation_id=thing["operation_id"],
        standing=_STANDINGS[thing["state"]],
        url=thing["url"],
        reason=thing["failure"] or "",
    )


def seen_payee(thing: Json) -> SeenPayee:
    """Return what is shown of a payee."""
    at = thing.get("ready_at")
    return SeenPayee(
        ref=thing["id"],
        operation_id=thing["operation_id"],
        ready=thing["state"] == "ready",
        at=datetime.fromisoformat(at) if at else None,
        holder=thing.get("name") or "",
        ending=thing.get("account_ending") or "",
    )


def movement(row: Json) -> Movement:
    """Return a line of the statement."""
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
