"""Charges: money taken from a person, on a page or from the card they saved there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from marketplace.kernel.money import Money
from marketplace.simulator import funds
from marketplace.simulator.cards import CARDS, Card, way
from marketplace.simulator.fees import charge_fee
from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.refusals import missing
from marketplace.simulator.store import Row, Work

DISPUTED_AFTER: Final = timedelta(days=3)
_DISPUTED: Final = frozenset({"disputed", "excused"})
_INSERT: Final = """
    INSERT INTO simulator.charge (id, checkout_id, means_id, operation_id, state, failure,
        amount_minor, fee_minor, currency, method, habit, created_at, available_at, dispute_at)
    VALUES (%(id)s, %(checkout)s, %(means)s, %(operation)s, %(state)s, %(failure)s, %(amount)s,
        %(fee)s, %(currency)s, %(method)s, %(habit)s, %(now)s, %(at)s, %(dispute)s)
"""


@dataclass(frozen=True, slots=True)
class Payment:
    """Who pays what: on the page of a checkout, or from a means saved before."""

    operation_id: str
    amount: Money
    card: Card
    checkout_id: str | None = None
    means_id: str | None = None


def take(work: Work, payment: Payment) -> str:
    """Take the money, pending for a while, and return the charge's reference."""
    fee = charge_fee(payment.amount)
    ref = _insert(work, payment, fee_minor=fee.minor)
    amount = payment.amount
    source = funds.Source("charge", ref, payment.operation_id, amount.minor, amount.currency)
    funds.take_in(work, source, fee_minor=fee.minor, at=work.now + funds.HOLD)
    return ref


def charge_saved(
    work: Work, means_id: str, amount: Money, *, operation_id: str
) -> dict[str, object]:
    """Charge a saved card; a decline is a charge that failed, and costs nothing."""
    means = work.row("SELECT card FROM simulator.means WHERE id = %(id)s", id=means_id)
    if means is None:
        raise missing("means", means_id)
    payment = Payment(operation_id, amount, CARDS[means["card"]], means_id=means_id)
    refusal = payment.card.refusal or payment.card.later
    ref = _insert(work, payment, failure=refusal) if refusal else take(work, payment)
    answer = read(work, ref)
    tell(work, f"charge.{answer['state']}", answer)
    return answer


def read(work: Work, ref: str) -> dict[str, object]:
    """Return the charge `ref` as the bank shows it."""
    row = row_of(work, ref)
    return {
        "object": "charge",
        "id": row["id"],
        "state": row["state"],
        "failure": row["failure"],
        "operation_id": row["operation_id"],
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "means_id": row["means_id"],
        "created_at": stamp(row["created_at"]),
        "charge": shown_inside(row, row["id"]) if row["state"] == "succeeded" else None,
    }


def row_of(work: Work, ref: str) -> Row:
    """Return the charge's row, locked; 404 for an unknown one."""
    row = work.row("SELECT * FROM simulator.charge WHERE id = %(id)s FOR UPDATE", id=ref)
    if row is None:
        raise missing("charge", ref)
    return row


def shown_inside(row: Row, ref: str) -> dict[str, object]:
    """Return the charge `ref` as a part of what it came of; `row` has its columns."""
    digits = row["method"].isdigit()
    return {
        "id": ref,
        "method": way(row["method"]),
        "ending": row["method"] if digits else "",
        "fee_minor": row["fee_minor"],
        "refunded_minor": row["refunded_minor"],
        "available_at": stamp(row["available_at"]),
    }


def _insert(work: Work, payment: Payment, *, fee_minor: int = 0, failure: str | None = None) -> str:
    ref, card = new_ref("ch"), payment.card
    disputed = card.habit in _DISPUTED and failure is None
    work.run(
        _INSERT, id=ref, checkout=payment.checkout_id, means=payment.means_id,
        operation=payment.operation_id, state="failed" if failure else "succeeded",
        failure=failure, amount=payment.amount.minor, fee=fee_minor,
        currency=payment.amount.currency,
        method=card.number[-4:] if card.number.isdigit() else card.number, habit=card.habit,
        now=work.now, at=work.now + funds.HOLD,
        dispute=work.now + DISPUTED_AFTER if disputed else None,
    )  # fmt: skip
    return ref
