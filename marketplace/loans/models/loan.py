"""A loan, from first draft to last cent, and the decisions on it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime, Numeric, Text

from marketplace.infra.database import Model
from marketplace.kernel.money import Money
from marketplace.loans.models.terms import TermsMixin
from marketplace.loans.pricing import LoanTerms, dated, terms_by
from marketplace.loans.rules import Request
from marketplace.loans.terms import LateRule, ServicingTerms

_at = DateTime(timezone=True)


class Loan(TermsMixin, Model):
    """A loan from first draft to last cent. The terms are copied at the offer and stay.

    A draw on a credit line has the terms of the application the line was granted for.
    """

    __tablename__ = "loan"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("loan_product.id"))
    line_id: Mapped[UUID | None]
    application_id: Mapped[UUID | None]
    form_key: Mapped[str]
    state: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    instalments: Mapped[int]
    term_months: Mapped[int]
    purpose: Mapped[str]
    title: Mapped[str]
    story: Mapped[str]
    employment: Mapped[str]
    employed_years: Mapped[int]
    housing: Mapped[str]
    income_minor: Mapped[int]
    obligations_minor: Mapped[int]
    grade: Mapped[str | None] = mapped_column(CHAR(1))
    annual_rate: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    loss_rate: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    first_reviewer_id: Mapped[UUID | None]
    second_reviewer_id: Mapped[UUID | None]
    decline_code: Mapped[str | None]
    wished_minor: Mapped[int | None]
    wished_instalments: Mapped[int | None]
    counter_code: Mapped[str | None]
    committed_minor: Mapped[int] = mapped_column(default=0)
    reserved_minor: Mapped[int] = mapped_column(default=0)
    lenders: Mapped[int] = mapped_column(default=0)
    take_min_minor: Mapped[int | None]
    asked_minor: Mapped[int | None]
    principal_repaid_minor: Mapped[int] = mapped_column(default=0)
    interest_repaid_minor: Mapped[int] = mapped_column(default=0)
    penalty_repaid_minor: Mapped[int] = mapped_column(default=0)
    lender_fee_minor: Mapped[int] = mapped_column(default=0)
    repayments: Mapped[int] = mapped_column(default=0)
    settled_on: Mapped[date | None]
    disbursed_on: Mapped[date | None]
    last_closed_on: Mapped[date | None]
    days_past_due: Mapped[int] = mapped_column(default=0)
    bucket: Mapped[str] = mapped_column(default="current")
    written_off_at: Mapped[datetime | None] = mapped_column(_at)
    disburse_attempts: Mapped[int] = mapped_column(default=0)
    escrow_account: Mapped[int | None]
    payable_account: Mapped[int | None]
    debt_account: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(_at)
    changed_at: Mapped[datetime] = mapped_column(_at)
    submitted_at: Mapped[datetime | None] = mapped_column(_at)
    offered_at: Mapped[datetime | None] = mapped_column(_at)
    offer_until: Mapped[datetime | None] = mapped_column(_at)
    listed_at: Mapped[datetime | None] = mapped_column(_at)
    funding_until: Mapped[datetime | None] = mapped_column(_at)
    funded_at: Mapped[datetime | None] = mapped_column(_at)
    closed_at: Mapped[datetime | None] = mapped_column(_at)
    withdrawn_at: Mapped[datetime | None] = mapped_column(_at)

    @property
    def amount(self) -> Money:
        """What was asked for."""
        return Money(self.amount_minor, self.currency)

    @property
    def request(self) -> Request:
        """What was asked for, with the borrower's facts."""
        return Request(
            amount=self.amount,
            instalments=self.instalments,
            purpose=self.purpose,
            title=self.title,
            story=self.story,
            employment=self.employment,
            employed_years=self.employed_years,
            housing=self.housing,
            income=Money(self.income_minor, self.currency),
            obligations=Money(self.obligations_minor, self.currency),
        )

    @property
    def terms(self) -> LoanTerms:
        """The terms offered; before an offer a ValueError."""
        if self.annual_rate is None:
            raise ValueError("a loan has terms once they are offered")
        return terms_by(self, self.amount, self.annual_rate, self.instalments)

    def servicing_terms(self, disbursed_on: date) -> ServicingTerms:
        """Return what the loan is served by if it is paid out on that day."""
        return ServicingTerms(
            schedule=dated(self.terms, disbursed_on),
            late=LateRule(
                Money(self.late_fee_minor, self.currency),
                self.late_grace_days,
                self.penalty_bps_per_year,
            ),
            prepayment=self.prepayment,
            order=self.order,
            lender_fee_bps=self.lender_fee_bps,
        )


class LoanReview(Model):
    """One reviewer's decision on one stage, in one round; append-only.

    `snapshot` is the case as it was read; `score_grade` is what the score said.
    """

    __tablename__ = "loan_review"

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, default=1)
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    decision: Mapped[str]
    reason_code: Mapped[str | None]
    checked: Mapped[list[str]] = mapped_column(ARRAY(Text))
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    notes: Mapped[str]
    risk_report_id: Mapped[UUID | None]
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    grade: Mapped[str | None] = mapped_column(CHAR(1))
    score_grade: Mapped[str | None] = mapped_column(CHAR(1))
    deviation: Mapped[str | None]
    annual_rate: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    amount_minor: Mapped[int | None]
    instalments: Mapped[int | None]
    counter_code: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(_at)


class LoanClaim(Model):
    """Who works on a case just now, so that two do not at once."""

    __tablename__ = "loan_claim"

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    claimed_at: Mapped[datetime] = mapped_column(_at)
    until: Mapped[datetime] = mapped_column(_at)
