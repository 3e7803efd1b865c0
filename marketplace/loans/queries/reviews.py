"""What reviewers see: the queues, and a case with everything known about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.infra.database import column, flush, row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.four_eyes import Claim


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
    """What a reviewer decided in a round, and why; with what was offered and had been read."""

    stage: str
    round: int
    reviewer_id: UUID
    reviewer_name: str
    decision: str
    reason_code: str | None
    checked: Sequence[str]
    reasons: Sequence[str]
    notes: str
    risk_report_id: UUID | None
    snapshot: dict[str, Any]
    grade: str | None
    score_grade: str | None
    deviation: str | None
    annual_rate: Decimal | None
    amount_minor: int | None
    instalments: int | None
    counter_code: str | None
    at: datetime


def reviews(loan_id: UUID) -> list[Review]:
    """Return the decisions on a request, the first one first."""
    return rows(
        """
        SELECT r.stage, r.round, r.reviewer_id, p.name AS reviewer_name, r.decision,
               r.reason_code, r.checked, r.reasons, r.notes, r.risk_report_id, r.snapshot,
               r.grade, r.score_grade, r.deviation, r.annual_rate, r.amount_minor, r.instalments,
               r.counter_code, r.at
        FROM loan_review r JOIN person p ON p.id = r.reviewer_id
        WHERE r.loan_id = %s ORDER BY r.at, r.stage
        """,
        (loan_id,),
        into=Review,
    )


def deciders(loan_id: UUID, *, besides: str) -> list[UUID]:
    """Return who has decided on a request, in any round, at another stage than `besides`."""
    return column(
        "SELECT DISTINCT reviewer_id FROM loan_review WHERE loan_id = %s AND stage <> %s",
        (loan_id, besides),
    )


def next_round(loan_id: UUID, stage: str) -> int:
    """Return the number of the next decision at a stage."""
    found = "SELECT coalesce(max(round), 0) + 1 FROM loan_review WHERE loan_id = %s AND stage = %s"
    return int(scalar(found, (loan_id, stage)))


def claim(loan_id: UUID) -> Claim | None:
    """Return who took a case last, whether the claim still holds or not."""
    return row(
        """
        SELECT c.person_id, p.name, c.until FROM loan_claim c JOIN person p ON p.id = c.person_id
        WHERE c.loan_id = %s
        """,
        (loan_id,),
        into=Claim,
    )


@dataclass(frozen=True, slots=True)
class Record:
    """Who a borrower is, and how earlier loans here went."""

    name: str
    loans_repaid: int
    bills_late: int


def record(borrower_id: UUID) -> Record:
    """Return a borrower's name and record here."""
    found = row(
        """
        SELECT p.name,
            (SELECT count(*) FROM loan o WHERE o.borrower_id = p.id
                AND o.state = 'paid_off')::int AS loans_repaid,
            (SELECT count(*) FROM bill b WHERE b.borrower_id = p.id
                AND b.late_told_at IS NOT NULL)::int AS bills_late
        FROM person p WHERE p.id = %s
        """,
        (borrower_id,),
        into=Record,
    )
    if found is None:
        raise NotFound(str(borrower_id))
    return found


def snapshot(loan_id: UUID) -> dict[str, Any]:
    """Return a case as it can be read now, for telling later what has changed since."""
    flush()
    found: dict[str, Any] = scalar(
        """
        SELECT jsonb_build_object(
                'amount_minor', l.amount_minor, 'currency', l.currency,
                'instalments', l.instalments, 'purpose', l.purpose, 'title', l.title,
                'story', l.story, 'employment', l.employment,
                'employed_years', l.employed_years, 'housing', l.housing,
                'income_minor', l.income_minor, 'obligations_minor', l.obligations_minor)
            || coalesce((SELECT to_jsonb(a) - 'loan_id' - 'unread' - 'saved_at'
                         FROM loan_applicant a WHERE a.loan_id = l.id), '{}')
            || coalesce((SELECT jsonb_object_agg('collateral_' || c.key, c.value)
                         FROM loan_collateral t,
                              jsonb_each(to_jsonb(t) - 'loan_id' - 'saved_at') c
                         WHERE t.loan_id = l.id), '{}')
            || coalesce((SELECT jsonb_object_agg('document_' || d.kind, d.names)
                         FROM (SELECT kind, jsonb_agg(name || ' ' || left(sha256, 8) ORDER BY id)
                                   AS names
                               FROM loan_document
                               WHERE loan_id = l.id AND removed_at IS NULL GROUP BY kind) d), '{}')
        FROM loan l WHERE l.id = %s
        """,
        (loan_id,),
    )
    return found
