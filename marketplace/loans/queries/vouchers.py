"""Reads of vouchers and of what came in on the collecting account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.vouchers import ALIKE_BITS, Line, Told, fits, officers_needed

PAGE_SIZE: Final = 50
CANDIDATES_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A voucher, with what a page says about it."""

    id: UUID
    loan_id: UUID
    loan_title: str
    borrower_id: UUID
    borrower_name: str
    state: str
    amount_minor: int
    currency: str
    paid_on: date
    bank_ref: str
    content_type: str
    key: str
    sha256: str
    uploaded_at: datetime
    changed_at: datetime
    line_id: UUID | None
    line_booked_on: date | None
    line_ref: str | None
    line_name: str | None
    matched_by: UUID | None
    first_by: UUID | None
    first_name: str | None
    second_by: UUID | None
    second_name: str | None
    reject_reason: str | None
    undo_by: UUID | None
    undo_name: str | None
    undo_reason: str | None
    receipt_id: UUID | None
    instruction_id: UUID | None
    single_max_minor: int

    @property
    def amount(self) -> Money:
        """What the borrower says was paid."""
        return Money(self.amount_minor, self.currency)

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("vch", self.id)

    @property
    def loan_ref(self) -> str:
        """The public id of its loan."""
        return public_id("ln", self.loan_id)

    @property
    def told(self) -> Told:
        """What is compared with a statement's lines."""
        return Told(self.amount, self.paid_on, self.bank_ref)

    @property
    def officers_needed(self) -> int:
        """How many officers must confirm it."""
        return officers_needed(self.amount, self.single_max_minor)


_SELECT: Final = """
    SELECT v.id, v.loan_id, loan.title AS loan_title, v.borrower_id, b.name AS borrower_name,
        v.state, v.amount_minor, v.currency, v.paid_on, v.bank_ref, v.content_type, v.key,
        v.sha256, v.uploaded_at, v.changed_at, v.line_id, l.booked_on AS line_booked_on,
        l.bank_ref AS line_ref, l.name AS line_name, v.matched_by, v.first_by,
        f.name AS first_name, v.second_by, s.name AS second_name, v.reject_reason, v.undo_by,
        u.name AS undo_name, v.undo_reason, v.receipt_id, v.instruction_id,
        p.voucher_single_max_minor AS single_max_minor
    FROM voucher v JOIN loan ON loan.id = v.loan_id JOIN loan_product p ON p.id = loan.product_id
    JOIN person b ON b.id = v.borrower_id LEFT JOIN collection_line l ON l.id = v.line_id
    LEFT JOIN person f ON f.id = v.first_by LEFT JOIN person s ON s.id = v.second_by
    LEFT JOIN person u ON u.id = v.undo_by
"""


def voucher(voucher_id: UUID) -> VoucherRow:
    """Return one voucher; `NotFound` where there is none."""
    found = row(f"{_SELECT} WHERE v.id = %s", (voucher_id,), into=VoucherRow)
    if found is None:
        raise NotFound(str(voucher_id))
    return found


def of_loan(loan_id: UUID) -> list[VoucherRow]:
    """Return the loan's vouchers, newest first."""
    sql = f"{_SELECT} WHERE v.loan_id = %s ORDER BY v.id DESC LIMIT 100"
    return rows(sql, (loan_id,), into=VoucherRow)


def queue(
    states: list[str], *, after: UUID | None = None, limit: int = PAGE_SIZE
) -> list[VoucherRow]:
    """Return the vouchers in these states, oldest first, `after` the last one seen."""
    sql = f"""
        {_SELECT} WHERE v.state = ANY(%(states)s)
            AND (%(after)s::uuid IS NULL OR v.id > %(after)s) ORDER BY v.id LIMIT %(limit)s
    """
    return rows(sql, {"states": states, "after": after, "limit": limit}, into=VoucherRow)


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a statement of the collecting account."""

    id: UUID
    account: str
    bank_ref: str
    booked_on: date
    amount_minor: int
    currency: str
    name: str
    iban: str
    remittance: str
    imported_at: datetime
    owner_id: UUID | None
    owner_name: str | None
    set_aside_note: str | None

    @property
    def amount(self) -> Money:
        """What came in."""
        return Money(self.amount_minor, self.currency)

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("col", self.id)

    def compared(self) -> Line:
        """Return what is compared with a voucher."""
        return Line(self.amount, self.booked_on, self.bank_ref, self.remittance)


_LINES: Final = """
    SELECT l.id, l.account, l.bank_ref, l.booked_on, l.amount_minor, l.currency, l.name, l.iban,
        l.remittance, l.imported_at, l.owner_id, o.name AS owner_name, l.set_aside_note
    FROM collection_line l LEFT JOIN person o ON o.id = l.owner_id
"""
# Of a line `l`: it proves no voucher, and nobody has said whose it is.
FREE: Final = """
    l.set_aside_at IS NULL AND NOT EXISTS (SELECT FROM voucher v WHERE v.line_id = l.id
        AND v.state NOT IN ('rejected', 'withdrawn'))
"""


def candidates(found: VoucherRow) -> list[tuple[int, LineRow]]:
    """Return free lines that may be the voucher's payment with how well they fit, best first."""
    sql = f"""
        {_LINES} WHERE l.currency = %(currency)s AND {FREE}
            AND (l.amount_minor = %(amount)s OR l.booked_on BETWEEN %(day)s::date - 10
                AND %(day)s::date + 10)
        ORDER BY l.amount_minor = %(amount)s DESC, abs(l.booked_on - %(day)s::date), l.id LIMIT 200
    """
    params = {"currency": found.currency, "amount": found.amount_minor, "day": found.paid_on}
    ranked = [(fits(found.told, one.compared()), one) for one in rows(sql, params, into=LineRow)]
    ranked.sort(key=lambda pair: -pair[0])
    return ranked[:CANDIDATES_MAX]


def unmatched(*, after: UUID | None = None, limit: int = PAGE_SIZE) -> list[LineRow]:
    """Return what came in and proves no voucher, oldest first, `after` the last one seen."""
    sql = f"""
        {_LINES} WHERE {FREE} AND (%(after)s::uuid IS NULL OR l.id > %(after)s)
        ORDER BY l.id LIMIT %(limit)s
    """
    return rows(sql, {"after": after, "limit": limit}, into=LineRow)


def line(line_id: UUID) -> LineRow:
    """Return one line; `NotFound` where there is none."""
    found = row(f"{_LINES} WHERE l.id = %s", (line_id,), into=LineRow)
    if found is None:
        raise NotFound(str(line_id))
    return found


def look_alikes(voucher_id: UUID) -> list[VoucherRow]:
    """Return other vouchers whose picture looks much the same, whatever became of them."""
    sql = f"""
        {_SELECT} JOIN voucher mine ON mine.id = %(id)s
        WHERE v.id <> mine.id AND (v.sha256 = mine.sha256
            OR bit_count((v.look # mine.look)::bit(64)) <= %(alike)s)
        ORDER BY v.id DESC LIMIT 5
    """
    return rows(sql, {"id": voucher_id, "alike": ALIKE_BITS}, into=VoucherRow)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for finance officers."""

    vouchers: int
    confirmations: int
    undoings: int
    lines: int


def waiting() -> Waiting:
    """Return how many vouchers, second confirmations, undoings and unmatched lines wait."""
    found = row(
        f"""
        SELECT count(*) FILTER (WHERE state IN ('uploaded', 'matched')) AS vouchers,
            count(*) FILTER (WHERE state = 'confirmed') AS confirmations,
            count(*) FILTER (WHERE state = 'credited' AND undo_by IS NOT NULL) AS undoings,
            (SELECT count(*) FROM collection_line l WHERE {FREE}) AS lines
        FROM voucher
        WHERE state IN ('uploaded', 'matched', 'confirmed')
            OR (state = 'credited' AND undo_by IS NOT NULL)
        """,  # noqa: S608 - our own constants
        into=Waiting,
    )
    return found or Waiting(0, 0, 0, 0)
