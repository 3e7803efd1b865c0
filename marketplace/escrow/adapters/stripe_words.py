"""Stripe's payments and transfers in the port's words. Pure: dictionaries in, frozen values out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from marketplace.escrow.adapters.stripe_client import CHARGE_MARK
from marketplace.escrow.gateway import Seen, Standing
from marketplace.escrow.states import Kind
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.money import Money

Json = Mapping[str, Any]

# Stripe opens a checkout for 30 minutes at least and 24 hours at most, counted from the call. The
# end must stay the same when the call is repeated, so there are ten minutes to be answered in.
OPEN_MIN: Final = timedelta(minutes=40)
OPEN_MAX: Final = timedelta(hours=23, minutes=30)

_OUTGOING: Final = {
    "pending": Standing.OPEN,
    "requires_action": Standing.OPEN,
    "in_transit": Standing.OPEN,
    "succeeded": Standing.SUCCEEDED,
    "paid": Standing.SUCCEEDED,
    "failed": Standing.FAILED,
    "canceled": Standing.FAILED,
}
# A payment without its person: whoever must confirm it is not there, so that is a failure.
_CHARGES: Final = {
    "succeeded": Standing.SUCCEEDED,
    "processing": Standing.OPEN,
    "requires_capture": Standing.OPEN,
    "requires_confirmation": Standing.OPEN,
}
_UNPAID: Final = frozenset({"requires_payment_method", "canceled"})


def checkout(session: Json, *, failed: bool = False, at: datetime | None = None) -> Seen:
    """Read a Checkout Session that takes a payment.

    Complete and unpaid means that the money is still on its way, unless it is known to have
    failed. How and when it was paid is known where the payment is expanded.
    """
    payment = _expanded(session.get("payment_intent"))
    standing = {
        "open": Standing.OPEN,
        "expired": Standing.EXPIRED,
        "complete": Standing.OPEN if session["payment_status"] == "unpaid" else Standing.SUCCEEDED,
    }[session["status"]]
    if session["status"] == "complete" and (failed or payment.get("status") in _UNPAID):
        standing = Standing.FAILED
    charged = _expanded(payment.get("latest_charge"))
    return Seen(
        kind=Kind.CHECKOUT,
        ref=session["id"],
        operation_id=operation(session),
        standing=standing,
        amount=Money(session["amount_total"], session["currency"].upper()),
        at=moment(charged.get("created")) or at,
        payment_ref=ref_of(session.get("payment_intent")),
        url=session.get("url"),
        reason="payment_failed" if standing is Standing.FAILED else "",
        method=method(charged),
    )


def setup(session: Json, *, at: datetime | None = None) -> Seen:
    """Read a Checkout Session that saves a means of payment.

    Its own amount is nothing; what a charge will take stands in its metadata.
    """
    standing = {
        "open": Standing.OPEN,
        "expired": Standing.EXPIRED,
        "complete": Standing.SUCCEEDED,
    }[session["status"]]
    intent = _expanded(session.get("setup_intent"))
    if standing is Standing.SUCCEEDED and intent.get("status", "succeeded") != "succeeded":
        standing = Standing.FAILED if intent["status"] in _UNPAID else Standing.OPEN
    said = session["metadata"]
    return Seen(
        kind=Kind.SETUP,
        ref=session["id"],
        operation_id=operation(session),
        standing=standing,
        amount=Money(int(said["amount_minor"]), said["currency"]),
        at=at,
        payment_ref=ref_of(session.get("setup_intent")),
        url=session.get("url"),
    )


def charge(payment: Json) -> Seen:
    """Read a PaymentIntent made without its person; a decline says why."""
    charged = _expanded(payment.get("latest_charge"))
    standing = _CHARGES.get(payment["status"], Standing.FAILED)
    return Seen(
        kind=Kind.CHARGE,
        ref=payment["id"],
        operation_id=operation(payment),
        standing=standing,
        amount=amount(payment),
        at=moment(charged.get("created")),
        payment_ref=payment["id"],
        reason=_decline(payment) if standing is Standing.FAILED else "",
        method=method(charged),
    )


def is_charge(payment: Json) -> bool:
    """Whether a PaymentIntent is one of ours, not a hosted page's."""
    return (payment.get("metadata") or {}).get("kind") == CHARGE_MARK


def refund(thing: Json) -> Seen:
    """Read a Refund. One that failed after it had taken money has come back."""
    return _outgoing(Kind.REFUND, thing, reason=thing.get("failure_reason"))


def payout(thing: Json) -> Seen:
    """Read a Payout. It takes the money when it is made, so one that fails has come back."""
    return _outgoing(Kind.PAYOUT, thing, reason=thing.get("failure_code"))


def transfer(thing: Json) -> Seen:
    """Read a Transfer: it has happened when it exists.

    It has come back when all of it was reversed, and not by an order of ours: that is an
    instruction of its own.
    """
    done = _done(Kind.TRANSFER, thing)
    if thing.get("reversed") and not any(operation(one) for one in reversals(thing)):
        return Seen(done.kind, done.ref, done.operation_id, Standing.RETURNED, done.amount,
                    reason="reversed")  # fmt: skip
    return done


def reversal(thing: Json) -> Seen:
    """Read a Transfer Reversal: it has happened when it exists. It is read again by both ids."""
    return _done(Kind.REVERSAL, {**thing, "id": f"{ref_of(thing['transfer'])}/{thing['id']}"})


def reversals(thing: Json) -> list[Json]:
    """Return the reversals a Transfer carries with it, the newest first."""
    return list((thing.get("reversals") or {}).get("data") or ())


def top_up(thing: Json) -> Seen:
    """Read a Top-up. One that was reversed later has succeeded first."""
    return Seen(
        kind=Kind.TOP_UP,
        ref=thing["id"],
        operation_id=operation(thing),
        standing=_OUTGOING.get(thing["status"], Standing.SUCCEEDED),
        amount=amount(thing),
        reason=thing.get("failure_code") or "",
    )


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


def operation(thing: Json) -> str:
    """Return the mark of our order in a thing's metadata; empty where it carries none."""
    return str((thing.get("metadata") or {}).get("operation_id", ""))


def amount(thing: Json) -> Money:
    """Return a thing's amount."""
    return Money(thing["amount"], thing["currency"].upper())


def moment(seconds: int | None) -> datetime | None:
    """Return Stripe's time as ours."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def method(charged: Json) -> str:
    """Return how a Charge was paid; empty for anything else."""
    return str((charged.get("payment_method_details") or {}).get("type", ""))


def ref_of(thing: Json | str | None) -> str | None:
    """Return the id of a thing that may be expanded."""
    return str(thing["id"]) if isinstance(thing, Mapping) else thing


def _expanded(thing: Json | str | None) -> Json:
    return thing if isinstance(thing, Mapping) else {}


def _decline(payment: Json) -> str:
    if payment["status"] == "requires_action":
        return "authentication_required"
    error = payment.get("last_payment_error") or {}
    why = error.get("decline_code") or ""
    return str((why if why != "generic_decline" else "") or error.get("code") or payment["status"])


def _outgoing(kind: Kind, thing: Json, *, reason: str | None) -> Seen:
    standing = _OUTGOING[thing["status"]]
    if standing is Standing.FAILED and thing.get("failure_balance_transaction"):
        standing = Standing.RETURNED  # a line took the money out, and this one brought it back
    return Seen(
        kind=kind,
        ref=thing["id"],
        operation_id=operation(thing),
        standing=standing,
        amount=amount(thing),
        reason=reason or "",
    )


def _done(kind: Kind, thing: Json) -> Seen:
    return Seen(
        kind=kind,
        ref=thing["id"],
        operation_id=operation(thing),
        standing=Standing.SUCCEEDED,
        amount=amount(thing),
        at=moment(thing["created"]),
    )
