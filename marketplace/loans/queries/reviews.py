"""What reviewers see: the queues, and a case with everything known about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A case that waits."""

    id: UUID
    title: str
    purpose: str
    amount_minor: int
    currency: str
    term_months: int
    submitted_at: datetime
    borrower_id: UUID
    first_reviewer_id: UUID | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("ln", self.id)

    @property
    def amount(self) -> Money:
        """What is asked for."""
        return Money(self.amount_minor, self.currency)


def queue(state: str, *, limit: int = 100) -> list[QueueRow]:
    """Return the cases in `state`, the longest waiting first."""
    return rows(
        """
        SELECT id, title, purpose, amount_minor, currency, term_months, submitted_at, borrower_id,
               first_reviewer_id
        FROM loan WHERE state = %s ORDER BY submitted_at, id LIMIT %s
        """,
        (state, limit),
        into=QueueRow,
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One request under review, with the borrower's record here."""

    id: UUID
    state: str
    product_id: UUID
    borrower_id: UUID
    borrower_name: str
    borrower_since: datetime
    title: str
    story: str
    purpose: str
    amount_minor: int
    currency: str
    term_months: int
    employment: str
    employed_years: int
    housing: str
    income_minor: int
    obligations_minor: int
    origination_fee_bps: int
    submitted_at: datetime
    first_reviewer_id: UUID | None
    second_reviewer_id: UUID | None
    loans_repaid: int
    loans_running: int
    bills_late: int

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("ln", self.id)

    @property
    def amount(self) -> Money:
        """What is asked for."""
        return Money(self.amount_minor, self.currency)

    @property
    def income(self) -> Money:
        """Monthly income as stated."""
        return Money(self.income_minor, self.currency)

    @property
    def obligations(self) -> Money:
        """Monthly obligations as stated."""
        return Money(self.obligations_minor, self.currency)


def case(loan_id: UUID) -> Case:
    """Return a request that was sent in; drafts are `NotFound`."""
    found = row(
        """
        SELECT l.id, l.state, l.product_id, l.borrower_id, p.name AS borrower_name,
            p.created_at AS borrower_since, l.title, l.story, l.purpose, l.amount_minor,
            l.currency, l.term_months, l.employment, l.employed_years, l.housing, l.income_minor,
            l.obligations_minor, l.origination_fee_bps, l.submitted_at, l.first_reviewer_id,
            l.second_reviewer_id,
            (SELECT count(*) FROM loan o WHERE o.borrower_id = l.borrower_id
                AND o.state = 'paid_off') AS loans_repaid,
            (SELECT count(*) FROM loan o WHERE o.borrower_id = l.borrower_id
                AND o.state = 'active') AS loans_running,
            (SELECT count(*) FROM bill b WHERE b.borrower_id = l.borrower_id
                AND b.late_told_at IS NOT NULL) AS bills_late
        FROM loan l JOIN person p ON p.id = l.borrower_id
        WHERE l.id = %s AND l.submitted_at IS NOT NULL
        """,
        (loan_id,),
        into=Case,
    )
    if found is None:
        raise NotFound(str(loan_id))
    return found


@dataclass(frozen=True, slots=True)
class Review:
    """What a reviewer decided, and why."""

    stage: str
    reviewer_id: UUID
    reviewer_name: str
    decision: str
    reason_code: str | None
    checked: Sequence[str]
    reasons: Sequence[str]
    notes: str
    at: datetime


def reviews(loan_id: UUID) -> list[Review]:
    """Return the decisions on a request, first stage first."""
    return rows(
        """
        SELECT r.stage, r.reviewer_id, p.name AS reviewer_name, r.decision, r.reason_code,
               r.checked, r.reasons, r.notes, r.at
        FROM loan_review r JOIN person p ON p.id = r.reviewer_id
        WHERE r.loan_id = %s ORDER BY r.at
        """,
        (loan_id,),
        into=Review,
    )
