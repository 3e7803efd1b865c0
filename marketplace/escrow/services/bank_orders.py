"""A bank account as escrow: what shall be paid into it and out of it.

The bank is never called. Payers transfer to the account with a reference; officers take payment
files to the bank and bring its statements back (`statements`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from marketplace.escrow.bank_files.orders import Account, Payment, write
from marketplace.escrow.bank_files.references import plain_iban, reference_of
from marketplace.escrow.queries import bank
from marketplace.escrow.queries.bank import OrderRow, PayeeRow
from marketplace.escrow.services.statements import apply_job
from marketplace.infra import audit
from marketplace.infra.commands import command
from marketplace.infra.database import execute, rows, scalar
from marketplace.infra.jobs import defer
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, Stale
from marketplace.kernel.money import Money

FILE_MAX: Final = 500  # payments in one file


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid, before it has a number."""

    operation_id: str
    kind: str
    amount: Money
    description: str
    return_url: str | None = None
    cancel_url: str | None = None
    valid_until: datetime | None = None
    name: str | None = None
    iban: str | None = None
    payment_line_id: int | None = None


@command
def place(order: Order, now: datetime) -> OrderRow:
    """Write an order down, once for each operation, and return it."""
    execute(
        """
        INSERT INTO bank_order (operation_id, kind, amount_minor, currency, state, description,
            return_url, cancel_url, valid_until, name, iban, payment_line_id, created_at)
        VALUES (%(op)s, %(kind)s, %(minor)s, %(currency)s, 'open', %(description)s,
            %(return_url)s, %(cancel_url)s, %(until)s, %(name)s, %(iban)s, %(line)s, %(now)s)
        ON CONFLICT (operation_id) DO NOTHING
        """,
        {"op": order.operation_id, "kind": order.kind, "minor": order.amount.minor,
         "currency": order.amount.currency, "description": order.description,
         "return_url": order.return_url, "cancel_url": order.cancel_url,
         "until": order.valid_until, "name": order.name, "iban": order.iban,
         "line": order.payment_line_id, "now": now},
    )  # fmt: skip
    placed = _known(bank.order_of(order.operation_id), order.operation_id)
    if placed.kind in bank.PAYS_IN and placed.reference is None:
        execute(
            "UPDATE bank_order SET reference = %(reference)s WHERE id = %(id)s",
            {"reference": reference_of(placed.id), "id": placed.id},
        )
    return bank.order(placed.id)


@command
def close(order_id: int, now: datetime) -> OrderRow:
    """Close a payment nobody shall make any more; one that was made stays made."""
    execute(
        "UPDATE bank_order SET state = 'closed', finished_at = %(now)s"
        " WHERE id = %(id)s AND state = 'open' AND kind IN ('checkout', 'top_up')",
        {"id": order_id, "now": now},
    )
    return bank.order(order_id)


@command
def register(operation_id: str, *, name: str, return_url: str, now: datetime) -> PayeeRow:
    """Note a person who will be paid, and return them as they are known."""
    kept = scalar(
        """
        INSERT INTO bank_payee (operation_id, person_name, return_url, created_at)
        VALUES (%(op)s, %(name)s, %(return_url)s, %(now)s)
        ON CONFLICT (operation_id) DO UPDATE SET return_url = excluded.return_url RETURNING id
        """,
        {"op": operation_id, "name": name, "return_url": return_url, "now": now},
    )
    return bank.payee(int(kept))


@command
def tell_account(payee_id: int, *, holder: str, iban: str, now: datetime) -> PayeeRow:
    """Note where a person is paid. Refused where the account number's check digits are wrong."""
    plain, holder = plain_iban(iban), " ".join(holder.split())
    if not holder:
        raise Refusal("holder_needed", field="holder")
    if plain is None:
        raise Refusal("iban_wrong", field="iban")
    execute(
        "UPDATE bank_payee SET holder = %(holder)s, iban = %(iban)s, ready_at = %(now)s"
        " WHERE id = %(id)s",
        {"holder": holder, "iban": plain, "now": now, "id": payee_id},
    )
    return bank.payee(payee_id)


@command
def export(officer: Actor, account: Account, *, execute_on: date, now: datetime) -> int:
    """Put the open payment orders into a file and return its number; refused if there is none."""
    waiting = rows(
        f"{bank.ORDER} WHERE o.state = 'open' AND {bank.IS_OUT}"
        " ORDER BY o.id LIMIT %(most)s FOR UPDATE OF o",
        {"most": FILE_MAX},
        into=OrderRow,
    )
    if not waiting:
        raise Refusal("no_payment_orders")
    text = write(
        f"KINDLING-{now:%Y%m%d%H%M%S}",
        account,
        [_payment(one) for one in waiting],
        at=now,
        execute_on=execute_on,
    )
    number = int(
        scalar(
            "INSERT INTO bank_file (made_by, made_at, execute_on, body)"
            " VALUES (%(by)s, %(now)s, %(day)s, %(body)s) RETURNING id",
            {"by": officer.known(), "now": now, "day": execute_on, "body": text},
        )
    )
    execute(
        "UPDATE bank_order SET state = 'exported', file_id = %(file)s WHERE id = ANY(%(ids)s)",
        {"file": number, "ids": [one.id for one in waiting]},
    )
    audit.record(officer, "bank.exported", "bank_file", None, at=now, file=number)
    return number


@command
def refuse(officer: Actor, order_id: int, *, reason: str, now: datetime) -> None:
    """Note that the bank did not carry a payment order out."""
    done = execute(
        "UPDATE bank_order SET state = 'failed', reason = %(reason)s, finished_at = %(now)s"
        " WHERE id = %(id)s AND state = 'exported'",
        {"id": order_id, "reason": reason, "now": now},
    )
    if not done:
        raise Stale(f"bank order {order_id} is not at the bank")
    defer(apply_job, operations=[bank.order(order_id).operation_id])
    audit.record(officer, "bank.refused", "bank_order", None, at=now, order=order_id)


def _payment(one: OrderRow) -> Payment:
    return Payment(one.operation_id, one.amount, one.name or "", one.iban or "", one.description)


def _known(found: OrderRow | None, name: str) -> OrderRow:
    if found is None:
        raise NotFound(name)
    return found
