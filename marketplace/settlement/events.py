"""What settlement tells: announced in the transaction that makes it true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class HoldingAlarmed(Event):
    """Money must leave soon: the alarms raised at this moment say whose and by when."""

    raised_at: datetime


@dataclass(frozen=True)
class ReserveShort(Event):
    """Refunds that may be due soon need more than the house has with the provider."""

    currency: str
    need_minor: int
    have_minor: int
    first_deadline: datetime | None
    at: datetime


@dataclass(frozen=True)
class InstalmentAlerted(Event):
    """An instalment falls due soon, today, or is late: `kind` is T-7, T-1, T0, T+1 or T+3."""

    loan_id: UUID
    borrower_id: UUID
    n: int
    kind: str


@dataclass(frozen=True)
class LateLoansTold(Event):
    """Loans of a lender have become late on that day; a lender hears of all of them at once."""

    lender_id: UUID
    on: date


@dataclass(frozen=True)
class DayClosed(Event):
    """The close of business of a day is over; its proof is written."""

    on: date


@dataclass(frozen=True)
class LoanWrittenOff(Event):
    """Two officers gave a loan up. Its borrower owes it all the same, and hears so."""

    write_off_id: UUID
    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LossTold(Event):
    """A lender had a part of a loan that was written off."""

    lender_id: UUID
    write_off_id: UUID
