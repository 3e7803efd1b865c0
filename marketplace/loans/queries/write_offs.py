"""Loans that were given up, or may be: what was proposed, decided, lost and recovered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class WriteOff:
    """One proposal to write a loan off. `recovered` is what came back of it since."""

    id: UUID
    loan_id: UUID
    title: str
    borrower_id: UUID
    borrower: str
    reason: str
    note: str
    amount_minor: int
    recovered_minor: int
    currency: str
    proposed_by: UUID
    proposer: str
    proposed_at: datetime
    decider: str | None
    decided_at: datetime | None
    agreed: bool | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("wof", self.id)

    @property
    def loan_ref(self) -> str:
        """The loan's public id."""
        return public_id("ln", self.loan_id)

    @property
    def amount(self) -> Money:
        """The principal that was outstanding."""
        return Money(self.amount_minor, self.currency)

    @property
    def recovered(self) -> Money:
        """What of the loan's principal came back after all."""
        return Money(self.recovered_minor, self.currency)


_ALL: Final = """
    SELECT w.id, w.loan_id, l.title, l.borrower_id, b.name AS borrower, w.reason, w.note,
        w.amount_minor, w.currency, w.proposed_by, maker.name AS proposer, w.proposed_at,
        checker.name AS decider, w.decided_at, w.agreed,
        CASE WHEN w.agreed THEN coalesce(
            (SELECT sum(recovered_minor) FROM note WHERE loan_id = w.loan_id), 0)
            ELSE 0 END::bigint AS recovered_minor
    FROM loan_write_off w JOIN loan l ON l.id = w.loan_id JOIN person b ON b.id = l.borrower_id
    JOIN person maker ON maker.id = w.proposed_by
    LEFT JOIN person checker ON checker.id = w.decided_by
"""


def of_loan(loan_id: UUID) -> list[WriteOff]:
    """Return what was proposed about a loan, the latest first."""
    return rows(f"{_ALL} WHERE w.loan_id = %s ORDER BY w.id DESC", (loan_id,), into=WriteOff)


def write_off(write_off_id: UUID) -> WriteOff:
    """Return one proposal; `NotFound` if there is none."""
    found = row(f"{_ALL} WHERE w.id = %s", (write_off_id,), into=WriteOff)
    if found is None:
        raise NotFound(str(write_off_id))
    return found


def written_off(*, before: UUID | None = None, limit: int) -> list[WriteOff]:
    """Return loans that were written off, the latest first; `before` is the last one seen."""
    sql = f"""
        {_ALL} WHERE w.agreed AND (%(before)s::uuid IS NULL OR w.id < %(before)s)
        ORDER BY w.id DESC LIMIT %(limit)s
    """
    return rows(sql, {"before": before, "limit": limit}, into=WriteOff)


@dataclass(frozen=True, slots=True)
class Loss:
    """What was booked as lost on a note at a moment, or recovered."""

    at: datetime
    written_off_minor: int
    recovered_minor: int


def losses(note_id: UUID) -> list[Loss]:
    """Return what was lost and recovered on a note, in order."""
    sql = "SELECT at, written_off_minor, recovered_minor FROM note_loss WHERE note_id = %s"
    return rows(f"{sql} ORDER BY at", (note_id,), into=Loss)


def lost_by(lender_id: UUID, loan_id: UUID) -> int:
    """Return what a lender lost on a loan and has not recovered, in minor units."""
    sql = """
        SELECT coalesce(sum(written_off_minor - recovered_minor), 0)::bigint FROM note
        WHERE lender_id = %s AND loan_id = %s
    """
    return int(scalar(sql, (lender_id, loan_id)))
