"""Reads of the bank's books: orders, payees, statements and their lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from marketplace.infra.database import row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money

PAYS_IN: Final = ("checkout", "top_up")
IS_OUT: Final = "o.kind IN ('refund', 'transfer', 'payout')"

ORDER: Final = """
    SELECT o.id, o.operation_id, o.kind, o.amount_minor, o.currency, o.state, o.description,
        o.reference, o.return_url, o.cancel_url, o.valid_until, o.name, o.iban, o.file_id,
        o.created_at, o.finished_at, o.reason,
        (SELECT min(l.id) FROM bank_line l WHERE l.order_id = o.id) AS line_id
    FROM bank_order o
"""
LINE: Final = """
    SELECT l.id, l.statement_id, l.bank_ref, l.booked_on, l.amount_minor, l.currency, l.name,
        l.iban, l.remittance, l.end_to_end_id, l.returned, l.order_id, l.created_at,
        o.kind, o.operation_id
    FROM bank_line l LEFT JOIN bank_order o ON o.id = l.order_id
"""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """What is to be paid in or out. `line_id` is the first booking that belongs to it."""

    id: int
    operation_id: str
    kind: str
    amount_minor: int
    currency: str
    state: str
    description: str
    reference: str | None
    return_url: str | None
    cancel_url: str | None
    valid_until: datetime | None
    name: str | None
    iban: str | None
    file_id: int | None
    created_at: datetime
    finished_at: datetime | None
    reason: str | None
    line_id: int | None

    @property
    def amount(self) -> Money:
        """The amount as money."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class LineRow:
    """One booking of a statement, and the order it belongs to."""

    id: int
    statement_id: int
    bank_ref: str
    booked_on: date
    amount_minor: int
    currency: str
    name: str
    iban: str
    remittance: str
    end_to_end_id: str
    returned: str
    order_id: int | None
    created_at: datetime
    kind: str | None
    operation_id: str | None

    @property
    def amount(self) -> Money:
        """The amount, above zero for money that came in."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class PayeeRow:
    """Where a person is paid."""

    id: int
    operation_id: str
    person_name: str
    return_url: str
    holder: str | None
    iban: str | None
    ready_at: datetime | None


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement that was brought in."""

    id: int
    name: str
    account: str
    ref: str
    currency: str
    closing_minor: int | None
    last_day: date | None
    imported_at: datetime
    lines: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of payment orders."""

    id: int
    made_at: datetime
    execute_on: date
    orders: int
    amount_minor: int
    currency: str
    still_open: int


@dataclass(frozen=True, slots=True)
class Held:
    """What the account holds by its lines, and what is ordered to leave it."""

    currency: str
    booked_minor: int
    ordered_minor: int
    closing_minor: int | None


def order(order_id: int) -> OrderRow:
    """Return one order; `NotFound` if there is none."""
    found = row(f"{ORDER} WHERE o.id = %(id)s", {"id": order_id}, into=OrderRow)
    if found is None:
        raise NotFound(f"bank order {order_id}")
    return found


def order_of(operation_id: str) -> OrderRow | None:
    """Return the order made for an operation of ours."""
    return row(f"{ORDER} WHERE o.operation_id = %(op)s", {"op": operation_id}, into=OrderRow)


def orders_in(states: tuple[str, ...], *, outgoing: bool, limit: int = 500) -> list[OrderRow]:
    """Return the orders in `states`, oldest first: those that pay out, or those that pay in."""
    return rows(
        f"{ORDER} WHERE o.state = ANY(%(states)s)"
        f" AND ({IS_OUT}) = %(outgoing)s"
        " ORDER BY o.id LIMIT %(limit)s",
        {"states": list(states), "outgoing": outgoing, "limit": limit},
        into=OrderRow,
    )


def payee(payee_id: int) -> PayeeRow:
    """Return one payee; `NotFound` if there is none."""
    found = row(
        "SELECT id, operation_id, person_name, return_url, holder, iban, ready_at"
        " FROM bank_payee WHERE id = %(id)s",
        {"id": payee_id},
        into=PayeeRow,
    )
    if found is None:
        raise NotFound(f"bank payee {payee_id}")
    return found


def line(line_id: int) -> LineRow:
    """Return one booking; `NotFound` if there is none."""
    found = row(f"{LINE} WHERE l.id = %(id)s", {"id": line_id}, into=LineRow)
    if found is None:
        raise NotFound(f"bank line {line_id}")
    return found


def given_back(line_id: int, *, besides: str) -> int:
    """Return how much of a payment is given back or about to be, without the order `besides`."""
    return int(
        scalar(
            "SELECT coalesce(sum(amount_minor), 0) FROM bank_order"
            " WHERE payment_line_id = %(line)s AND operation_id <> %(besides)s"
            " AND state NOT IN ('failed', 'returned')",
            {"line": line_id, "besides": besides},
        )
    )


def lines_after(position: int, limit: int) -> list[LineRow]:
    """Return bookings in the order in which they came in, after `position`."""
    return rows(
        f"{LINE} WHERE l.id > %(after)s ORDER BY l.id LIMIT %(limit)s",
        {"after": position, "limit": limit},
        into=LineRow,
    )


def unmatched(limit: int = 200) -> list[LineRow]:
    """Return the bookings that belong to no order of ours, newest first."""
    return rows(
        f"{LINE} WHERE l.order_id IS NULL ORDER BY l.id DESC LIMIT %(limit)s",
        {"limit": limit},
        into=LineRow,
    )


def statements(limit: int = 50) -> list[StatementRow]:
    """Return the statements brought in last."""
    return rows(
        """
        SELECT s.id, s.name, s.account, s.ref, s.currency, s.closing_minor, s.last_day,
            s.imported_at, count(l.id) AS lines,
            count(l.id) FILTER (WHERE l.order_id IS NULL) AS unmatched
        FROM bank_statement s LEFT JOIN bank_line l ON l.statement_id = s.id
        GROUP BY s.id ORDER BY s.id DESC LIMIT %(limit)s
        """,
        {"limit": limit},
        into=StatementRow,
    )


def files(limit: int = 50) -> list[FileRow]:
    """Return the payment files made last."""
    return rows(
        """
        SELECT f.id, f.made_at, f.execute_on, count(*) AS orders,
            sum(o.amount_minor)::bigint AS amount_minor, min(o.currency) AS currency,
            count(*) FILTER (WHERE o.state = 'exported') AS still_open
        FROM bank_file f JOIN bank_order o ON o.file_id = f.id
        GROUP BY f.id ORDER BY f.id DESC LIMIT %(limit)s
        """,
        {"limit": limit},
        into=FileRow,
    )


def file_body(file_id: int) -> str:
    """Return the text of a payment file; `NotFound` if there is none."""
    found = scalar("SELECT body FROM bank_file WHERE id = %(id)s", {"id": file_id})
    if found is None:
        raise NotFound(f"bank file {file_id}")
    return str(found)


def held() -> list[Held]:
    """Return what the account holds, by currency; the last closing balance where one was told."""
    return rows(
        f"""
        SELECT l.currency, sum(l.amount_minor)::bigint AS booked_minor,
            coalesce((SELECT sum(o.amount_minor) FROM bank_order o
                WHERE o.currency = l.currency AND {IS_OUT}
                    AND o.state IN ('open', 'exported')), 0)::bigint AS ordered_minor,
            (SELECT s.closing_minor FROM bank_statement s
                WHERE s.currency = l.currency AND s.closing_minor IS NOT NULL
                ORDER BY s.last_day DESC NULLS LAST, s.id DESC LIMIT 1) AS closing_minor
        FROM bank_line l GROUP BY l.currency ORDER BY l.currency
        """,  # noqa: S608 - our own constant
        into=Held,
    )


def movement_kind(kind: str | None, *, returned: bool) -> str:
    """Return what a booking is in the words of the port."""
    if kind is None:
        return "unknown"
    if returned:
        return f"{kind}_failure"
    return {"checkout": "charge", "top_up": "topup"}.get(kind, kind)
