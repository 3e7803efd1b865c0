"""One public loan: what anybody may know of it. The borrower is an initial and checked facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from marketplace.infra.database import row
from marketplace.kernel.days import Period, Unit
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.funding import held_until
from marketplace.loans.pricing import LoanTerms, terms_by
from marketplace.loans.queries import valuations
from marketplace.loans.valuation import Worth, worth_of


@dataclass(frozen=True, slots=True)
class PublicLoan:
    """Everything the public page of a loan shows."""

    id: UUID
    borrower_id: UUID
    title: str
    story: str
    purpose: str
    state: str
    amount_minor: int
    currency: str
    term_months: int
    instalments: int
    period_every: int
    period_unit: str
    annual_rate: Decimal
    grade: str
    loss_rate: Decimal
    method: str
    day_count: str
    rounding_mode: str
    calendar: str
    origination_fee_bps: int
    lender_fee_bps: int
    fraction_min_minor: int
    reflection_days: int
    sign_days: int
    take_min_minor: int | None
    asked_minor: int | None
    committed_minor: int
    reserved_minor: int
    lenders: int
    listed_at: datetime
    funding_until: datetime
    funded_at: datetime | None
    disbursed_on: date | None
    closed_at: datetime | None
    principal_repaid_minor: int
    interest_repaid_minor: int
    repayments: int
    employment: str
    employed_years: int
    housing: str
    income_minor: int
    obligations_minor: int
    borrower_name: str
    checked: Sequence[str]
    checked_at: datetime | None
    reasons: Sequence[str]
    risk_report_id: UUID | None
    line_limit_minor: int | None
    oldest_due_on: date | None
    written_off_at: datetime | None
    collateral: bool
    collateral_kind: str | None
    ltv_max_bps: int
    value_minor: int | None
    haircut_bps: int | None
    valued_on: date | None
    valid_until: date | None

    @property
    def worth(self) -> Worth | None:
        """What its collateral is worth; whose it is and where is for the contract to say."""
        return worth_of(self)

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("ln", self.id)

    @property
    def amount(self) -> Money:
        """What the borrower asks for."""
        return Money(self.amount_minor, self.currency)

    @property
    def reserved(self) -> Money:
        """What lenders have paid in."""
        return Money(self.reserved_minor, self.currency)

    @property
    def least(self) -> Money | None:
        """What the borrower takes too, should the loan not fill; None: all or nothing."""
        return None if self.take_min_minor is None else Money(self.take_min_minor, self.currency)

    @property
    def asked(self) -> Money | None:
        """What was asked for, where less was lent."""
        return None if self.asked_minor is None else Money(self.asked_minor, self.currency)

    @property
    def line_limit(self) -> Money | None:
        """The limit of the credit line it is a draw on; None of a loan of its own."""
        minor = self.line_limit_minor
        return None if minor is None else Money(minor, self.currency)

    @property
    def masked_name(self) -> str:
        """The borrower's initial: who it is stands in the contract of those who lent."""
        return f"{self.borrower_name.split()[-1][:1]}." if self.borrower_name.strip() else ""

    @property
    def left(self) -> Money:
        """What can still be lent."""
        return Money(self.amount_minor - self.committed_minor, self.currency)

    @property
    def awaiting(self) -> Money:
        """What is taken but not yet paid in."""
        return Money(self.committed_minor - self.reserved_minor, self.currency)

    @property
    def held_until(self) -> date:
        """The last day on which a part may have to be held for it."""
        return held_until(self.funding_until, self.reflection_days, self.sign_days)

    @property
    def fraction_min(self) -> Money:
        """The smallest part."""
        return Money(self.fraction_min_minor, self.currency)

    @property
    def income(self) -> Money:
        """The borrower's monthly income."""
        return Money(self.income_minor, self.currency)

    @property
    def obligations(self) -> Money:
        """What the borrower owes others a month."""
        return Money(self.obligations_minor, self.currency)

    @property
    def period(self) -> Period:
        """How often an instalment falls due."""
        return Period(self.period_every, Unit(self.period_unit))

    @property
    def terms(self) -> LoanTerms:
        """The terms as signed."""
        return terms_by(self, self.amount, self.annual_rate, self.instalments)


_PUBLIC: Final = f"""
    SELECT l.id, l.borrower_id, l.title, l.story, l.purpose, l.state, l.amount_minor,
        l.currency, l.term_months, l.instalments, l.period_every, l.period_unit, l.annual_rate,
        l.grade, l.loss_rate, l.method, l.day_count, l.rounding_mode, l.calendar,
        l.origination_fee_bps, l.lender_fee_bps, l.fraction_min_minor, l.reflection_days,
        l.sign_days, l.take_min_minor, l.asked_minor, l.committed_minor, l.reserved_minor,
        l.lenders,
        l.listed_at, l.funding_until, l.funded_at, l.disbursed_on, l.closed_at,
        l.principal_repaid_minor, l.interest_repaid_minor, l.repayments, l.employment,
        l.employed_years, l.housing, l.income_minor, l.obligations_minor,
        p.name AS borrower_name, coalesce(first.checked, '{{}}') AS checked,
        first.at AS checked_at, coalesce(second.reasons, '{{}}') AS reasons, second.risk_report_id,
        (SELECT limit_minor FROM credit_line WHERE credit_line.id = l.line_id)
            AS line_limit_minor,
        (SELECT min(due_on) FROM bill WHERE bill.loan_id = l.id AND paid_at IS NULL)
            AS oldest_due_on, l.written_off_at,
        l.collateral, pledged.kind AS collateral_kind, l.ltv_max_bps, v.value_minor,
        v.haircut_bps, v.valued_on, v.valid_until
    FROM loan l JOIN person p ON p.id = l.borrower_id
    LEFT JOIN LATERAL (SELECT checked, at FROM loan_review
        WHERE loan_id = coalesce(l.application_id, l.id) AND stage = 'first'
        ORDER BY round DESC LIMIT 1) first ON true
    LEFT JOIN LATERAL (SELECT reasons, risk_report_id FROM loan_review
        WHERE loan_id = coalesce(l.application_id, l.id) AND stage = 'second'
        ORDER BY round DESC LIMIT 1) second ON true
    LEFT JOIN loan_collateral pledged ON pledged.loan_id = l.id
    LEFT JOIN LATERAL {valuations.COUNTING} v ON true
    WHERE l.id = %s AND l.listed_at IS NOT NULL
"""  # noqa: S608 - our own constant


def public_loan(loan_id: UUID) -> PublicLoan:
    """Return a loan anyone may look at; drafts, reviews and offers are `NotFound`."""
    found = row(_PUBLIC, (loan_id,), into=PublicLoan)
    if found is None:
        raise NotFound(str(loan_id))
    return found


@dataclass(frozen=True, slots=True)
class Reflecting:
    """How much of what was paid may still be withdrawn, and until when the last of it may."""

    minor: int
    until: datetime | None


def reflecting(loan_id: UUID) -> Reflecting:
    """Return what of a loan is in reflection."""
    found = row(
        """
        SELECT coalesce(sum(amount_minor), 0)::bigint AS minor, max(reflect_until) AS until
        FROM commitment WHERE loan_id = %s AND state = 'in_reflection'
        """,
        (loan_id,),
        into=Reflecting,
    )
    return found or Reflecting(0, None)


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """What a borrower did with other loans here. Days late count each bill's own lateness."""

    loans: int
    repaid: int
    bills_paid: int
    bills_late: int
    days_late: int
    days_late_most: int


_RECORD: Final = """
    SELECT count(DISTINCT l.id)::int AS loans,
        (count(DISTINCT l.id) FILTER (WHERE l.state = 'paid_off'))::int AS repaid,
        (count(b.id) FILTER (WHERE b.paid_at IS NOT NULL))::int AS bills_paid,
        (count(b.id) FILTER (WHERE late.days > 0))::int AS bills_late,
        coalesce(sum(late.days), 0)::int AS days_late,
        coalesce(max(late.days), 0)::int AS days_late_most
    FROM loan l LEFT JOIN bill b ON b.loan_id = l.id
    LEFT JOIN LATERAL (SELECT greatest(0,
        coalesce((b.paid_at AT TIME ZONE 'UTC')::date, %(today)s) - b.due_on) AS days) late ON true
    WHERE l.borrower_id = %(borrower)s AND l.id <> %(but)s AND l.disbursed_on IS NOT NULL
"""


def track_record(borrower_id: UUID, *, but: UUID, today: date) -> TrackRecord:
    """Return what a borrower did with loans `but` this one that were paid out."""
    facts = {"borrower": borrower_id, "but": but, "today": today}
    return row(_RECORD, facts, into=TrackRecord) or TrackRecord(0, 0, 0, 0, 0, 0)
