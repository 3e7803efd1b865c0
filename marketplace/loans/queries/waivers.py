"""What officers let off, or propose to: the finance desk's view of one loan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class ServedLoan:
    """A loan that was paid out, as the finance desk serves it."""

    id: UUID
    title: str
    state: str
    borrower_id: UUID
    borrower: str
    amount_minor: int
    currency: str
    written_off_at: datetime | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("ln", self.id)

    @property
    def amount(self) -> Money:
        """What was borrowed."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Waiver:
    """One proposal to let a charge off, and what came of it."""

    id: UUID
    charge_kind: str
    charge_n: int
    charge_on: date
    charge_last_on: date | None
    amount_minor: int
    currency: str
    reason: str
    proposed_by: UUID
    proposer: str
    proposed_at: datetime
    decider: str | None
    decided_at: datetime | None
    agreed: bool | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("wav", self.id)

    @property
    def amount(self) -> Money:
        """How much is let off."""
        return Money(self.amount_minor, self.currency)


_LOAN: Final = """
    SELECT l.id, l.title, l.state, l.borrower_id, p.name AS borrower, l.amount_minor, l.currency,
        l.written_off_at
    FROM loan l JOIN person p ON p.id = l.borrower_id
    WHERE l.id = %s AND l.disbursed_on IS NOT NULL
"""
_WAIVERS: Final = """
    SELECT w.id, w.charge_kind, w.charge_n, w.charge_on, w.charge_last_on, w.amount_minor,
        w.currency, w.reason, w.proposed_by, maker.name AS proposer, w.proposed_at,
        checker.name AS decider, w.decided_at, w.agreed
    FROM charge_waiver w JOIN person maker ON maker.id = w.proposed_by
    LEFT JOIN person checker ON checker.id = w.decided_by
    WHERE w.loan_id = %s ORDER BY w.id DESC LIMIT 200
"""


def served_loan(loan_id: UUID) -> ServedLoan:
    """Return a loan that was paid out; any other is `NotFound`."""
    found = row(_LOAN, (loan_id,), into=ServedLoan)
    if found is None:
        raise NotFound(str(loan_id))
    return found


def waivers(loan_id: UUID) -> list[Waiver]:
    """Return what was proposed to be let off of a loan, the latest first."""
    return rows(_WAIVERS, (loan_id,), into=Waiver)
