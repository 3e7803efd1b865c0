"""A borrower's receipts: what came in, what it settled, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money

PREFIX: Final = "rcp"


@dataclass(frozen=True, slots=True)
class OwnReceipt:
    """One receipt as its borrower sees it; a correction's portions may be below zero."""

    id: UUID
    loan_id: UUID
    title: str
    sequence: int
    source: str
    intent: str
    effective_on: date
    received_at: datetime
    amount_minor: int
    principal_minor: int
    interest_minor: int
    penalty_minor: int
    fee_minor: int
    overpaid_minor: int
    currency: str
    first_n: int | None
    last_n: int | None
    bill_id: UUID | None
    reversed_at: datetime | None
    distributed_at: datetime | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id(PREFIX, self.id)

    @property
    def number(self) -> str:
        """The number that is printed: the loan's, then which of its receipts."""
        return f"{public_id('ln', self.loan_id)[-8:].upper()}-{self.sequence:03d}"

    @property
    def amount(self) -> Money:
        """What came in."""
        return Money(self.amount_minor, self.currency)

    @property
    def principal(self) -> Money:
        """What of it repaid the loan."""
        return Money(self.principal_minor, self.currency)

    @property
    def interest(self) -> Money:
        """What of it was interest."""
        return Money(self.interest_minor, self.currency)

    @property
    def penalty(self) -> Money:
        """What of it was penalty interest."""
        return Money(self.penalty_minor, self.currency)

    @property
    def fee(self) -> Money:
        """What of it were fees."""
        return Money(self.fee_minor, self.currency)

    @property
    def overpaid(self) -> Money:
        """What of it was too much, and is in the borrower's wallet."""
        return Money(self.overpaid_minor, self.currency)


_SELECT: Final = """
    SELECT r.id, r.loan_id, l.title, r.sequence, r.source, r.intent, r.effective_on,
        r.received_at, r.amount_minor, r.principal_minor, r.interest_minor, r.penalty_minor,
        r.fee_minor, r.overpaid_minor, r.currency, r.first_n, r.last_n, r.bill_id,
        back.received_at AS reversed_at, r.distributed_at
    FROM receipt r JOIN loan l ON l.id = r.loan_id LEFT JOIN receipt back ON back.of_id = r.id
"""


def receipt(receipt_id: UUID, borrower_id: UUID) -> OwnReceipt:
    """Return my receipt; anybody else's is `NotFound`."""
    sql = _SELECT + "WHERE r.id = %s AND l.borrower_id = %s"
    found = row(sql, (receipt_id, borrower_id), into=OwnReceipt)
    if found is None:
        raise NotFound(str(receipt_id))
    return found


def of_loan(loan_id: UUID, *, limit: int = 1_000) -> list[OwnReceipt]:
    """Return the receipts of a loan in the order in which they were written."""
    sql = _SELECT + "WHERE r.loan_id = %s ORDER BY r.sequence LIMIT %s"
    return rows(sql, (loan_id, limit), into=OwnReceipt)


def of_bill(bill_id: UUID) -> list[OwnReceipt]:
    """Return what was received when that bill was paid, the latest last."""
    sql = _SELECT + "WHERE r.bill_id = %s AND r.source <> 'reversal' ORDER BY r.sequence"
    return rows(sql, (bill_id,), into=OwnReceipt)


@dataclass(frozen=True, slots=True)
class OwnPrepayment:
    """A quote of mine that I went to pay."""

    id: UUID
    loan_id: UUID
    instruction_id: UUID | None


def prepayment(prepayment_id: UUID, borrower_id: UUID) -> OwnPrepayment:
    """Return my quote; anybody else's is `NotFound`."""
    sql = "SELECT id, loan_id, instruction_id FROM prepayment WHERE id = %s AND borrower_id = %s"
    found = row(sql, (prepayment_id, borrower_id), into=OwnPrepayment)
    if found is None:
        raise NotFound(str(prepayment_id))
    return found
