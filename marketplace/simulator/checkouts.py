"""Checkouts: a hosted page where a person pays once, or saves a card and is charged nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from marketplace.kernel.money import Money
from marketplace.simulator import charges
from marketplace.simulator.cards import Card
from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.refusals import Denied, missing
from marketplace.simulator.store import Row, Work

_ALL = """
    SELECT c.*, h.id AS charge_id, h.method, h.fee_minor, h.refunded_minor, h.available_at,
           m.id AS means_id, m.card
"""
_PARTS = """
    LEFT JOIN simulator.charge h ON h.checkout_id = c.id
    LEFT JOIN simulator.means m ON m.checkout_id = c.id
"""
_READ = f"{_ALL} FROM simulator.checkout c {_PARTS}"
_USE = f"""
    WITH used AS (
        UPDATE simulator.checkout SET state = %(state)s, finished_at = %(now)s
        WHERE id = %(id)s RETURNING *
    )
    {_ALL} FROM used c {_PARTS}
"""  # noqa: S608 - our own constants
_USED: Final = frozenset({"paid", "saved"})


@dataclass(frozen=True, slots=True)
class Order:
    """What the platform asks a person to pay; in mode `setup`, to save a card for it."""

    operation_id: str
    amount: Money
    description: str
    bundle: str
    return_url: str
    cancel_url: str
    expires_at: datetime
    mode: str = "payment"


def open_checkout(work: Work, order: Order, site: str) -> dict[str, object]:
    """Open a checkout and return it with the address of its hosted page."""
    if order.expires_at <= work.now:
        raise Denied(422, "already_expired", "The checkout would expire before it opens.")
    row = work.row(
        """
        INSERT INTO simulator.checkout (id, mode, operation_id, amount_minor, currency,
            description, bundle, return_url, cancel_url, state, expires_at, created_at)
        VALUES (%(id)s, %(mode)s, %(operation)s, %(amount)s, %(currency)s, %(description)s,
            %(bundle)s, %(return_url)s, %(cancel_url)s, 'open', %(expires)s, %(now)s)
        RETURNING *, NULL AS charge_id, NULL AS means_id
        """,
        id=new_ref("co"), mode=order.mode, operation=order.operation_id, amount=order.amount.minor,
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
    """Close an open checkout for good; a used one is refused, an expired one answered again."""
    row = _locked(work, ref)
    if row["state"] in _USED:
        raise Denied(409, f"already_{row['state']}", "The checkout has been used.")
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
    """Take the money for `ref` with `card`, or save it; `Denied` with its reason if it refuses.

    A checkout that has been used already is answered again, and charged once.
    """
    row = _locked(work, ref)
    if row["state"] in _USED:
        return _shown(row, site)
    if row["state"] == "expired" or row["expires_at"] <= work.now:
        raise Denied(409, "checkout_expired", "The time for this payment is over.")
    if card.refusal:
        raise Denied(402, card.refusal, "The payment was refused.")
    state = _save(work, row, card) if row["mode"] == "setup" else _charge(work, row, card)
    answer = _shown(_known(work.row(_USE, id=ref, state=state, now=work.now), ref), site)
    tell(work, f"{answer['object']}.{state}", answer)
    return answer


def _charge(work: Work, row: Row, card: Card) -> str:
    amount = Money(row["amount_minor"], row["currency"])
    charges.take(work, charges.Payment(row["operation_id"], amount, card, checkout_id=row["id"]))
    return "paid"


def _save(work: Work, row: Row, card: Card) -> str:
    if not card.number.isdigit():
        raise Denied(422, "cannot_be_saved", "Only a card can be saved and charged later.")
    work.run(
        "INSERT INTO simulator.means (id, checkout_id, card, created_at)"
        " VALUES (%(id)s, %(checkout)s, %(card)s, %(now)s)",
        id=new_ref("mn"),
        checkout=row["id"],
        card=card.number,
        now=work.now,
    )
    return "saved"


def _close(work: Work, ref: str, site: str) -> dict[str, object]:
    row = work.row(
        "UPDATE simulator.checkout SET state = 'expired', finished_at = %(now)s"
        " WHERE id = %(id)s RETURNING *, NULL AS charge_id, NULL AS means_id",
        id=ref,
        now=work.now,
    )
    answer = _shown(_known(row, ref), site)
    tell(work, f"{answer['object']}.expired", answer)
    return answer


def _locked(work: Work, ref: str) -> Row:
    return _known(work.row(f"{_READ} WHERE c.id = %(id)s FOR UPDATE OF c", id=ref), ref)


def _known(row: Row | None, ref: str) -> Row:
    if row is None:
        raise missing("checkout", ref)
    return row


def _shown(row: Row, site: str) -> dict[str, object]:
    return {
        "object": "setup" if row["mode"] == "setup" else "checkout",
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
        "charge": charges.shown_inside(row, row["charge_id"]) if row["charge_id"] else None,
        "means": {"id": row["means_id"], "ending": row["card"][-4:]} if row["means_id"] else None,
    }
