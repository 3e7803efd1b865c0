"""What people are told about instalments that fall due soon or are late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Alerted:
    """An instalment somebody is told about, as it stands when they are.

    `charged_by_card` says that a saved card pays it, `issued_at` when its bill went out.
    """

    loan_id: UUID
    title: str
    n: int
    due_on: date
    open_minor: int
    charges_minor: int
    currency: str
    issued_at: datetime | None
    late_told_at: datetime | None
    charged_by_card: bool

    @property
    def ref(self) -> str:
        """The loan's public id."""
        return public_id("ln", self.loan_id)

    @property
    def amount(self) -> Money:
        """What is to be paid, charges included."""
        return Money(self.open_minor + self.charges_minor, self.currency)

    @property
    def charges(self) -> Money:
        """What being late has cost so far."""
        return Money(self.charges_minor, self.currency)

    @property
    def is_paid(self) -> bool:
        """Whether nothing of it is open any more."""
        return not self.amount.is_positive


_ALERTED: Final = """
    SELECT i.loan_id, l.title, i.n, i.due_on,
        i.principal_minor + i.interest_minor - i.paid_minor AS open_minor,
        i.penalty_minor + i.fee_minor - i.charges_paid_minor AS charges_minor, l.currency,
        b.issued_at, b.late_told_at,
        EXISTS (SELECT FROM loan_mandate m WHERE m.loan_id = l.id AND m.state = 'active')
            AS charged_by_card
    FROM instalment i JOIN loan l ON l.id = i.loan_id
    LEFT JOIN bill b ON b.loan_id = i.loan_id AND b.n = i.n
    WHERE i.loan_id = %s AND i.n = %s
"""


def alerted(loan_id: UUID, n: int) -> Alerted | None:
    """Return an instalment as it stands; None where a prepayment took it away."""
    return row(_ALERTED, (loan_id, n), into=Alerted)


@dataclass(frozen=True, slots=True)
class LateLoan:
    """A loan that became late, and what of it a lender still has out."""

    loan_id: UUID
    title: str
    due_on: date
    outstanding_minor: int
    currency: str

    @property
    def ref(self) -> str:
        """The loan's public id."""
        return public_id("ln", self.loan_id)

    @property
    def outstanding(self) -> Money:
        """The principal of the lender that is not repaid."""
        return Money(self.outstanding_minor, self.currency)


_LATE_LOANS: Final = """
    SELECT l.id AS loan_id, l.title, min(i.due_on) AS due_on,
        (SELECT sum(n.principal_minor - n.principal_back_minor) FROM note n
         WHERE n.loan_id = l.id AND n.lender_id = %(lender)s)::bigint AS outstanding_minor,
        l.currency
    FROM arrears_alert a JOIN instalment i ON i.loan_id = a.loan_id AND i.n = a.n
    JOIN loan l ON l.id = a.loan_id
    WHERE a.on_date = %(on)s AND a.kind = 'T+1'
      AND EXISTS (SELECT FROM note n WHERE n.loan_id = l.id AND n.lender_id = %(lender)s)
    GROUP BY l.id ORDER BY outstanding_minor DESC, l.id
"""


def late_loans(lender_id: UUID, on: date) -> list[LateLoan]:
    """Return a lender's loans that became late on that day, the largest part first."""
    return rows(_LATE_LOANS, {"lender": lender_id, "on": on}, into=LateLoan)


@dataclass(frozen=True, slots=True)
class NewlyLate:
    """Alerts of one kind and currency about late instalments, of one day."""

    kind: str
    currency: str
    instalments: int
    amount_minor: int

    @property
    def amount(self) -> Money:
        """What is open of them."""
        return Money(self.amount_minor, self.currency)


_NEWLY_LATE: Final = """
    SELECT a.kind, l.currency, count(*)::int AS instalments,
        sum(i.principal_minor + i.interest_minor - i.paid_minor)::bigint AS amount_minor
    FROM arrears_alert a JOIN instalment i ON i.loan_id = a.loan_id AND i.n = a.n
    JOIN loan l ON l.id = a.loan_id
    WHERE a.on_date = %s AND a.kind IN ('T+1', 'T+3')
    GROUP BY a.kind, l.currency ORDER BY a.kind, l.currency
"""


def newly_late(on: date) -> list[NewlyLate]:
    """Return what officers are alerted to on that day."""
    return rows(_NEWLY_LATE, (on,), into=NewlyLate)


@dataclass(frozen=True, slots=True)
class Look:
    """What an officer did about a loan that was late; `is_told`: its borrower reads it too."""

    loan_id: UUID
    note: str
    is_told: bool
    seen_on: date
    seen_at: datetime
    officer: str
    again_on: date


_LOOKS: Final = """
    SELECT k.loan_id, k.note, k.is_told, k.seen_on, k.seen_at, p.name AS officer, k.again_on
    FROM arrears_look k JOIN person p ON p.id = k.seen_by
    WHERE k.loan_id = %s ORDER BY k.id DESC LIMIT 200
"""


def looks(loan_id: UUID) -> list[Look]:
    """Return what officers did about a loan that was late, the latest first."""
    return rows(_LOOKS, (loan_id,), into=Look)
