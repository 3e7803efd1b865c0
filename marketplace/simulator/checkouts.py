"""Checkouts: a hosted page where a person pays once, and the charge that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.kernel.money import Money
from marketplace.simulator import funds
from marketplace.simulator.cards import Card
from marketplace.simulator.fees import charge_fee
from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.refusals import Denied, missing
from marketplace.simulator.store import Row, Work

_READ = """
    SELECT c.*, h.id AS charge_id, h.method, h.fee_minor, h.refunded_minor,
           h.created_at AS paid_at, h.available_at
    FROM simulator.checkout c LEFT JOIN simulator.charge h ON h.checkout_id = c.id
"""


@dataclass(frozen=True, slots=True)
class Order:
    """What the platform asks a person to pay."""

    operation_id: str
    amount: Money
    description: str
    bundle: str
    return_url: str
    cancel_url: str
    expires_at: datetime


def open_checkout(work: Work, order: Order, site: str) -> dict[str, object]:
    """Open a checkout and return it with the address of its hosted page."""
    if order.expires_at <= work.now:
        raise Denied(422, "already_expired", "The checkout would expire before it opens.")
    row = work.row(
        """
        INSERT INTO simulator.checkout (id, operation_id, amount_minor, currency, description,
            bundle, return_url, cancel_url, state, expires_at, created_at)
        VALUES (%(id)s, %(operation)s, %(amount)s, %(currency)s, %(description)s, %(bundle)s,
            %(return_url)s, %(cancel_url)s, 'open', %(expires)s, %(now)s)
        RETURNING *, NULL AS charge_id
        """,
        id=new_ref("co"), operation=order.operation_id, amount=order.amount.minor,
        currency=order.amount.currency, description=order.description, bundle=order.bundle,
        return_url=order.return_url, cancel_url=order.cancel_url, expires=order.expires_at,
        now=work.now,
    )  # fmt: skip
    return _shown(_known(row, ""), site)


def read(work: Work, ref: str, site: str) -> dict[str, object]:
    """Return the checkout `ref`; one whose time is over is expired first."""
    row = _locked(work, ref)
    if row["state"] == "open" and row["expires_at"] <= work.now:
        return _close(work, ref, site)
    return _shown(row, site)


def expire(work: Work, ref: str, site: str) -> dict[str, object]:
    """Close an open checkout for good; a paid one is refused, an expired one answered again."""
    row = _locked(work, ref)
    if row["state"] == "paid":
        raise Denied(409, "already_paid", "The checkout has been paid.")
    return _shown(row, site) if row["state"] == "expired" else _close(work, ref, site)


def expire_due(work: Work, site: str) -> None:
    """Close every open checkout whose time is over."""
    due = work.rows(
        "SELECT id FROM simulator.checkout WHERE state = 'open' AND expires_at <= %(now)s"
        " ORDER BY expires_at, id FOR UPDATE",
        now=work.now,
    )
    for row in due:
        _close(work, row["id"], site)


def pay(work: Work, ref: str, card: Card, site: str) -> dict[str, object]:
    """Take the money for `ref` with `card`; `Denied` with the card's reason if it refuses.

    A checkout that is paid already is answered again and charged once.
    """
    row = _locked(work, ref)
    if row["state"] == "paid":
        return _shown(row, site)
    if row["state"] == "expired" or row["expires_at"] <= work.now:
        raise Denied(409, "checkout_expired", "The time for this payment is over.")
    if card.refusal:
        raise Denied(402, card.refusal, "The payment was refused.")
    _charge(work, row, card)
    answer = _shown(_known(work.row(f"{_READ} WHERE c.id = %(id)s", id=ref), ref), site)
    tell(work, "checkout.paid", answer)
    return answer


def _charge(work: Work, row: Row, card: Card) -> None:
    amount = Money(row["amount_minor"], row["currency"])
    fee = charge_fee(amount)
    ref = new_ref("ch")
    work.run(
        """
        WITH paid AS (
            UPDATE simulator.checkout SET state = 'paid', finished_at = %(now)s
            WHERE id = %(checkout)s
        )
        INSERT INTO simulator.charge (id, checkout_id, operation_id, amount_minor, fee_minor,
            currency, method, habit, created_at, available_at)
        VALUES (%(id)s, %(checkout)s, %(operation)s, %(amount)s, %(fee)s, %(currency)s,
            %(method)s, %(habit)s, %(now)s, %(at)s)
        """,
        id=ref, checkout=row["id"], operation=row["operation_id"], amount=amount.minor,
        fee=fee.minor, currency=amount.currency, method=card.number[-4:] if card.number.isdigit()
        else card.number, habit=card.habit, now=work.now, at=work.now + funds.HOLD,
    )  # fmt: skip
    source = funds.Source("charge", ref, row["operation_id"], amount.minor, amount.currency)
    funds.take_in(work, source, fee_minor=fee.minor, at=work.now + funds.HOLD)


def _close(work: Work, ref: str, site: str) -> dict[str, object]:
    row = work.row(
        "UPDATE simulator.checkout SET state = 'expired', finished_at = %(now)s"
        " WHERE id = %(id)s RETURNING *, NULL AS charge_id",
        id=ref,
        now=work.now,
    )
    answer = _shown(_known(row, ref), site)
    tell(work, "checkout.expired", answer)
    return answer


def _locked(work: Work, ref: str) -> Row:
    return _known(work.row(f"{_READ} WHERE c.id = %(id)s FOR UPDATE OF c", id=ref), ref)


def _known(row: Row | None, ref: str) -> Row:
    if row is None:
        raise missing("checkout", ref)
    return row


def _shown(row: Row, site: str) -> dict[str, object]:
    return {
        "object": "checkout",
        "id": row["id"],
        "state": row["state"],
        "operation_id": row["operation_id"],
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "description": row["description"],
        "bundle": row["bundle"],
        "return_url": row["return_url"],
        "cancel_url": row["cancel_url"],
        "url": f"{site}/pay/{row['id']}",
        "expires_at": stamp(row["expires_at"]),
        "created_at": stamp(row["created_at"]),
        "finished_at": stamp(row["finished_at"]),
        "charge": _charge_shown(row) if row["charge_id"] else None,
    }


def _charge_shown(row: Row) -> dict[str, object]:
    return {
        "id": row["charge_id"],
        "method": row["method"],
        "fee_minor": row["fee_minor"],
        "refunded_minor": row["refunded_minor"],
        "paid_at": stamp(row["paid_at"]),
        "available_at": stamp(row["available_at"]),
    }
