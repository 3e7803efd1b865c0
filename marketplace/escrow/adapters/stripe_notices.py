"""Stripe's notices: events with their thing inside, and thin ones that only name it.

Each kind has its own address and its own secrets. What happened on a payee's own account says
no more than that somebody should look at that payee: its things may carry any mark.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from marketplace.escrow.adapters import stripe_people
from marketplace.escrow.adapters import stripe_words as words
from marketplace.escrow.adapters.stripe_calls import signed
from marketplace.escrow.gateway import Bounce, Delivery, Forged, Seen

Json = Mapping[str, Any]

TOLERANCE_S: Final = 300
SNAPSHOT, THIN = "event", "v2.core.event"

_UNREADABLE: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class Notices:
    """Checks and reads what is posted to our doors."""

    _secrets: Mapping[str, tuple[str, ...]]
    _live: bool

    def verify_delivery(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Delivery:
        """Check `Stripe-Signature` against each secret, and the time on both sides."""
        header = headers.get("Stripe-Signature", "")
        kinds = {
            kind
            for kind, secrets in self._secrets.items()
            if any(signed(body, header, secret) for secret in secrets)
        }
        if not kinds:
            raise Forged("signature_wrong")
        # The SDK accepts any time in the future; we do not.
        stamp = next(part[2:] for part in header.split(",") if part.startswith("t="))
        if abs(int(now.timestamp()) - int(stamp)) > TOLERANCE_S:
            raise Forged("signature_stale")
        event = _parsed(body)
        delivery = self.read_delivery(body)
        if event.get("object") not in kinds:
            raise Forged("signature_wrong")  # that secret is for events of the other kind
        if bool(event.get("livemode")) != self._live:
            raise Forged("wrong_mode")
        return delivery

    def read_delivery(self, body: bytes) -> Delivery:
        """Read an event of either kind."""
        event = _parsed(body)
        try:
            return _thin(event) if event.get("object") == THIN else _snapshot(event)
        except _UNREADABLE as error:
            raise Forged("body_unreadable") from error


def _parsed(body: bytes) -> Json:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Forged("body_unreadable") from error
    if not isinstance(event, dict):
        raise Forged("body_unreadable")
    return event


def _thin(event: Json) -> Delivery:
    about = event.get("related_object") or {}
    context = event.get("context")
    return Delivery(
        event["id"],
        event["type"],
        payee_ref=about["id"] if about.get("type") == "v2.core.account" else None,
        account_ref=str(context).rpartition("/")[2] if context else None,
    )


def _snapshot(event: Json) -> Delivery:
    name, kind, account = event["id"], event["type"], event.get("account")
    thing = event["data"]["object"]
    if account:
        return _about_account(name, kind, account, thing)
    if kind.startswith("charge.dispute."):
        return Delivery(name, kind, dispute=stripe_people.dispute(thing))
    if not words.operation(thing):
        return Delivery(name, kind)  # made by hand, or by somebody else on this account
    if kind.startswith("identity.verification_session."):
        return Delivery(name, kind, verification=stripe_people.verification(thing))
    return Delivery(name, kind, seen=_seen(kind, thing, event))


def _about_account(name: str, kind: str, account: str, thing: Json) -> Delivery:
    """Read what happened on a payee's own account: what they were paid may have bounced."""
    if kind == "payout.failed":
        why = str(thing.get("failure_code") or "")
        bounce = Bounce(account, words.amount(thing), why)
        return Delivery(name, kind, account_ref=account, bounce=bounce)
    return Delivery(name, kind, payee_ref=account, account_ref=account)


def _seen(kind: str, thing: Json, event: Json) -> Seen | None:
    """Return what an event shows of an instruction; None for kinds we do not follow."""
    if kind.startswith("checkout.session."):
        at = datetime.fromtimestamp(event["created"], UTC)
        if thing.get("mode") == "setup":
            return words.setup(thing, at=at)
        return words.checkout(thing, failed=kind.endswith("async_payment_failed"), at=at)
    if kind == "transfer.reversed":
        return _reversed(thing)
    if kind.startswith("payment_intent."):
        return words.charge(thing) if words.is_charge(thing) else None
    reader = _READERS.get(kind) or _READERS.get(kind.partition(".")[0])
    return reader(thing) if reader else None


def _reversed(thing: Json) -> Seen:
    """Return our newest reversal of a transfer, or the transfer others have taken back."""
    mine = [one for one in words.reversals(thing) if words.operation(one)]
    return words.reversal(mine[0]) if mine else words.transfer(thing)


_READERS: Final[Mapping[str, Callable[[Json], Seen]]] = {
    "refund": words.refund,
    "charge.refund.updated": words.refund,
    "transfer": words.transfer,
    "topup": words.top_up,
    "payout": words.payout,
}
