"""Stripe's objects in the port's words. Pure: dictionaries in, frozen values out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from marketplace.escrow.gateway import Movement, Seen, SeenPayee, Standing
from marketplace.escrow.states import Kind
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.money import Money

Json = Mapping[str, Any]

# Stripe opens a checkout for 30 minutes at least and 24 hours at most.
OPEN_MIN: Final = timedelta(minutes=31)
OPEN_MAX: Final = timedelta(hours=23, minutes=30)

_MOVEMENT_KINDS: Final = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "transfer": "transfer",
    "transfer_refund": "reversal",
    "topup": "topup",
}
_STANDINGS: Final = {
    "pending": Standing.OPEN,
    "requires_action": Standing.OPEN,
    "succeeded": Standing.SUCCEEDED,
    "failed": Standing.FAILED,
    "canceled": Standing.FAILED,
}


def checkout(session: Json, *, failed: bool = False) -> Seen:
    """Read a Checkout Session. Complete and unpaid means that the money is still on its way."""
    standing = {
        "open": Standing.OPEN,
        "expired": Standing.EXPIRED,
        "complete": Standing.OPEN if session["payment_status"] == "unpaid" else Standing.SUCCEEDED,
    }[session["status"]]
    return Seen(
        kind=Kind.CHECKOUT,
        ref=session["id"],
        operation_id=_operation(session),
        standing=Standing.FAILED if failed else standing,
        amount=Money(session["amount_total"], session["currency"].upper()),
        payment_ref=session.get("payment_intent"),
        url=session.get("url"),
        reason="payment_failed" if failed else "",
    )


def refund(thing: Json) -> Seen:
    """Read a Refund."""
    return Seen(
        kind=Kind.REFUND,
        ref=thing["id"],
        operation_id=_operation(thing),
        standing=_STANDINGS[thing["status"]],
        amount=Money(thing["amount"], thing["currency"].upper()),
        reason=thing.get("failure_reason") or "",
    )


def transfer(thing: Json) -> Seen:
    """Read a Transfer: it has happened when it exists."""
    return _done(Kind.TRANSFER, thing)


def reversal(thing: Json) -> Seen:
    """Read a Transfer Reversal: it has happened when it exists. It is read again by both ids."""
    return _done(Kind.REVERSAL, {**thing, "id": f"{thing['transfer']}/{thing['id']}"})


def top_up(thing: Json) -> Seen:
    """Read a Top-up. One that was reversed later has succeeded first."""
    return Seen(
        kind=Kind.TOP_UP,
        ref=thing["id"],
        operation_id=_operation(thing),
        standing=_STANDINGS.get(thing["status"], Standing.SUCCEEDED),
        amount=Money(thing["amount"], thing["currency"].upper()),
        reason=thing.get("failure_code") or "",
    )


def payee(account: Json) -> SeenPayee:
    """Read a v2 Account: ready means that transfers to it are active."""
    recipient = ((account.get("configuration") or {}).get("recipient")) or {}
    balance = ((recipient.get("capabilities") or {}).get("stripe_balance")) or {}
    status = (balance.get("stripe_transfers") or {}).get("status")
    return SeenPayee(account["id"], _operation(account), ready=status == "active")


def movement(line: Json) -> Movement:
    """Read a balance transaction whose `source` is expanded."""
    source = line.get("source")
    expanded = source if isinstance(source, Mapping) else {}
    currency = line["currency"].upper()
    return Movement(
        ref=line["id"],
        kind=_MOVEMENT_KINDS.get(line["type"]) or str(line["type"]),
        source_ref=expanded.get("id") or (source if isinstance(source, str) else ""),
        operation_id=_operation(expanded),
        amount=Money(line["amount"], currency),
        fee=Money(line["fee"], currency),
        available_at=datetime.fromtimestamp(line["available_on"], UTC),
        created_at=datetime.fromtimestamp(line["created"], UTC),
    )


def event(body: Json) -> Seen | None:
    """Return what an event is about; None for kinds we do not follow and things not ours."""
    thing, kind = (body.get("data") or {}).get("object") or {}, body["type"]
    if not _operation(thing):
        return None
    if kind.startswith("checkout.session."):
        return checkout(thing, failed=kind.endswith("async_payment_failed"))
    if kind.startswith("refund."):
        return refund(thing)
    if kind == "transfer.created":
        return transfer(thing)
    if kind in {"topup.succeeded", "topup.failed"}:
        return top_up(thing)
    return None


def changed_payee(body: Json) -> str | None:
    """Return the account a v2 event is about: such an event says that, and nothing more."""
    about = body.get("related_object") or {}
    return about["id"] if about.get("type") == "v2.core.account" else None


def open_until(operation_id: str, wanted: datetime) -> datetime:
    """Return when a checkout ends: as wanted, within what Stripe allows.

    Counted from the instruction's birth, which its id tells, so that a repeated order is the
    very same order.
    """
    born = born_at(operation_id)
    return min(max(wanted, born + OPEN_MIN), born + OPEN_MAX)


def born_at(operation_id: str) -> datetime:
    """Return when an instruction was planned: its id begins with the time."""
    millis = parse_public_id("ins", operation_id).int >> 80
    return datetime.fromtimestamp(millis / 1000, UTC)


def _done(kind: Kind, thing: Json) -> Seen:
    return Seen(
        kind=kind,
        ref=thing["id"],
        operation_id=_operation(thing),
        standing=Standing.SUCCEEDED,
        amount=Money(thing["amount"], thing["currency"].upper()),
        at=datetime.fromtimestamp(thing["created"], UTC),
    )


def _operation(thing: Json) -> str:
    return str((thing.get("metadata") or {}).get("operation_id", ""))
