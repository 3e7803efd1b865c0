"""What reviewers see: the queues, and a case with everything known about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from marketplace.infra.database import column, row, rows, scalar
from marketplace.kernel.days import Period, Unit
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.four_eyes import Claim

# Where the cases of a stage stand.
STATES: Final = {"first": "submitted", "second": "first_passed"}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A case that waits, and who has it. `others` decided on it at the other stage."""

    id: UUID
    title: str
    purpose: str
    amount_minor: int
    currency: str
    instalments: int
    period_every: int
    period_unit: str
    submitted_at: datetime
    waits_since: datetime
    borrower_id: UUID
    others: Sequence[UUID]
    claimed_by: UUID | None
    claimed_name: str | None
    claimed_until: datetime | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("ln", self.id)

    @property
    def amount(self) -> Money:
        """What is asked for."""
        return Money(self.amount_minor, self.currency)

    @property
    def period(self) -> Period:
        """How often an instalment would fall due."""
        return Period(self.period_every, Unit(self.period_unit))

    @property
    def claim(self) -> Claim | None:
        """Who took it last."""
        return _claim(self.claimed_by, self.claimed_name, self.claimed_until)


def queue(stage: str, *, after: UUID | None = None, limit: int = 50) -> list[QueueRow]:
    """Return the cases that wait at a stage, those sent first first, from behind `after` on."""
    return rows(
        """
        SELECT l.id, l.title, l.purpose, l.amount_minor, l.currency, l.instalments,
               l.period_every, l.period_unit, l.submitted_at,
               CASE WHEN l.state = 'submitted' THEN l.submitted_at ELSE coalesce(
                   (SELECT max(r.at) FROM loan_review r
                    WHERE r.loan_id = l.id AND r.decision = 'passed'), l.submitted_at)
               END AS waits_since,
               l.borrower_id,
               ARRAY(SELECT r.reviewer_id FROM loan_review r
                     WHERE r.loan_id = l.id AND r.stage <> %(stage)s) AS others,
               c.person_id AS claimed_by, p.name AS claimed_name, c.until AS claimed_until
        FROM loan l LEFT JOIN loan_claim c ON c.loan_id = l.id
            LEFT JOIN person p ON p.id = c.person_id
        WHERE l.state = %(state)s AND (%(after)s::uuid IS NULL OR (l.submitted_at, l.id) >
            (SELECT submitted_at, id FROM loan WHERE id = %(after)s))
        ORDER BY l.submitted_at, l.id LIMIT %(limit)s
        """,
        {"stage": stage, "state": STATES[stage], "after": after, "limit": limit},
        into=QueueRow,
    )


def waiting(stage: str) -> int:
    """Return how many cases wait at a stage."""
    return int(scalar("SELECT count(*) FROM loan WHERE state = %s", (STATES[stage],)))


@dataclass(frozen=True, slots=True)
class Case:
    """One request under review, with its product, the borrower's record here and who has it."""

    id: UUID
    state: str
    product_id: UUID
    product_name: str
    amount_min_minor: int
    amount_max_minor: int
    instalments_min: int
    instalments_max: int
    exposure_max_minor: int
    borrower_id: UUID
    borrower_name: str
    borrower_since: datetime
    title: str
    story: str
    purpose: str
    amount_minor: int
    currency: str
    instalments: int
    term_months: int
    period_every: int
    period_unit: str
    method: str
    day_count: str
    rounding_mode: str
    employment: str
    employed_years: int
    housing: str
    income_minor: int
    obligations_minor: int
    origination_fee_bps: int
    collateral: bool
    ltv_max_bps: int
    haircut_bps: int
    submitted_at: datetime
    first_reviewer_id: UUID | None
    second_reviewer_id: UUID | None
    loans_repaid: int
    loans_running: int
    bills_late: int
    claimed_by: UUID | None
    claimed_name: str | None
    claimed_until: datetime | None

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

    @property
    def period(self) -> Period:
        """How often an instalment would fall due."""
        return Period(self.period_every, Unit(self.period_unit))

    @property
    def claim(self) -> Claim | None:
        """Who took it last."""
        return _claim(self.claimed_by, self.claimed_name, self.claimed_until)


def case(loan_id: UUID) -> Case:
    """Return a request that was sent in; drafts are `NotFound`."""
    found = row(
        """
        SELECT l.id, l.state, l.product_id, t.name AS product_name, t.amount_min_minor,
            t.amount_max_minor, t.instalments_min, t.instalments_max, l.exposure_max_minor,
            l.borrower_id, p.name AS borrower_name, p.created_at AS borrower_since, l.title,
            l.story, l.purpose, l.amount_minor, l.currency, l.instalments, l.term_months,
            l.period_every, l.period_unit, l.method, l.day_count, l.rounding_mode, l.employment,
            l.employed_years, l.housing, l.income_minor, l.obligations_minor,
            l.origination_fee_bps, l.collateral, l.ltv_max_bps, l.haircut_bps, l.submitted_at,
            l.first_reviewer_id, l.second_reviewer_id,
            (SELECT count(*) FROM loan o WHERE o.borrower_id = l.borrower_id
                AND o.state = 'paid_off') AS loans_repaid,
            (SELECT count(*) FROM loan o WHERE o.borrower_id = l.borrower_id
                AND o.state = 'active') AS loans_running,
            (SELECT count(*) FROM bill b WHERE b.borrower_id = l.borrower_id
                AND b.late_told_at IS NOT NULL) AS bills_late,
            c.person_id AS claimed_by, h.name AS claimed_name, c.until AS claimed_until
        FROM loan l JOIN person p ON p.id = l.borrower_id
            JOIN loan_product t ON t.id = l.product_id
            LEFT JOIN loan_claim c ON c.loan_id = l.id LEFT JOIN person h ON h.id = c.person_id
        WHERE l.id = %s AND l.submitted_at IS NOT NULL
        """,
        (loan_id,),
        into=Case,
    )
    if found is None:
        raise NotFound(str(loan_id))
    return found


def _claim(by: UUID | None, name: str | None, until: datetime | None) -> Claim | None:
    if by is None or name is None or until is None:
        return None
    return Claim(by, name, until)


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
class Countered:
    """What the borrower had asked for where the offer is another, and why it is."""

    wished_minor: int
    wished_instalments: int
    counter_code: str
    currency: str

    @property
    def wished(self) -> Money:
        """The amount asked for."""
        return Money(self.wished_minor, self.currency)


def countered(loan_id: UUID) -> Countered | None:
    """Return what was asked for before a counter-offer; None where the offer is what was asked."""
    return row(
        """
        SELECT wished_minor, wished_instalments, counter_code, currency FROM loan
        WHERE id = %s AND wished_minor IS NOT NULL
        """,
        (loan_id,),
        into=Countered,
    )
