"""The rows of lending that commands load, lock and change one at a time.

Notes, instalments, bills and shares are written in sets, by SQL; they have no model here.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime, Numeric, Text

from marketplace.infra.database import Model
from marketplace.kernel.money import Money
from marketplace.loans.pricing import LoanTerms
from marketplace.loans.rules import Limits, Request

_at = DateTime(timezone=True)


class LoanProduct(Model):
    """What may be borrowed and how: one row per currency and version."""

    __tablename__ = "loan_product"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    version: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    name: Mapped[str]
    amount_min_minor: Mapped[int]
    amount_max_minor: Mapped[int]
    term_min_months: Mapped[int]
    term_max_months: Mapped[int]
    origination_fee_bps: Mapped[int]
    lender_fee_bps: Mapped[int]
    fraction_min_minor: Mapped[int]
    funding_days: Mapped[int]
    offer_days: Mapped[int]
    bill_lead_days: Mapped[int]
    method: Mapped[str]
    day_count: Mapped[str]
    rounding_mode: Mapped[str]
    active: Mapped[bool]

    @property
    def limits(self) -> Limits:
        """What may be asked for."""
        return Limits(
            Money(self.amount_min_minor, self.currency),
            Money(self.amount_max_minor, self.currency),
            self.term_min_months,
            self.term_max_months,
        )


class LoanGrade(Model):
    """The rates a grade may have, and the yearly loss it is published with."""

    __tablename__ = "loan_grade"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("loan_product.id"), primary_key=True)
    grade: Mapped[str] = mapped_column(CHAR(1), primary_key=True)
    rate_from: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    rate_to: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    loss_rate: Mapped[Decimal] = mapped_column(Numeric(9, 6))


class Loan(Model):
    """A loan from first draft to last cent. The terms are copied at the offer and stay."""

    __tablename__ = "loan"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("loan_product.id"))
    form_key: Mapped[str]
    state: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
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
    method: Mapped[str]
    day_count: Mapped[str]
    rounding_mode: Mapped[str]
    origination_fee_bps: Mapped[int]
    lender_fee_bps: Mapped[int]
    fraction_min_minor: Mapped[int]
    bill_lead_days: Mapped[int]
    first_reviewer_id: Mapped[UUID | None]
    second_reviewer_id: Mapped[UUID | None]
    decline_code: Mapped[str | None]
    committed_minor: Mapped[int] = mapped_column(default=0)
    reserved_minor: Mapped[int] = mapped_column(default=0)
    lenders: Mapped[int] = mapped_column(default=0)
    principal_repaid_minor: Mapped[int] = mapped_column(default=0)
    interest_repaid_minor: Mapped[int] = mapped_column(default=0)
    repayments: Mapped[int] = mapped_column(default=0)
    disbursed_on: Mapped[date | None]
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

    @property
    def amount(self) -> Money:
        """What was asked for."""
        return Money(self.amount_minor, self.currency)

    @property
    def request(self) -> Request:
        """What was asked for, with the borrower's facts."""
        return Request(
            amount=self.amount,
            term_months=self.term_months,
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
        return LoanTerms(
            amount=self.amount,
            annual_rate=self.annual_rate,
            term_months=self.term_months,
            origination_fee_bps=self.origination_fee_bps,
            method=self.method,
            day_count=self.day_count,
            rounding_mode=self.rounding_mode,
        )


class LoanReview(Model):
    """One reviewer's decision on one stage; append-only."""

    __tablename__ = "loan_review"

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    decision: Mapped[str]
    reason_code: Mapped[str | None]
    checked: Mapped[list[str]] = mapped_column(ARRAY(Text))
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    notes: Mapped[str]
    at: Mapped[datetime] = mapped_column(_at)


class Commitment(Model):
    """A lender's order for a part of a loan."""

    __tablename__ = "commitment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    lender_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str]
    source: Mapped[str]
    state: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    instruction_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(_at)
    expires_at: Mapped[datetime | None] = mapped_column(_at)
    reserved_at: Mapped[datetime | None] = mapped_column(_at)
    leave_by: Mapped[date | None]
    closed_at: Mapped[datetime | None] = mapped_column(_at)

    @property
    def amount(self) -> Money:
        """The part ordered."""
        return Money(self.amount_minor, self.currency)


class Bill(Model):
    """One instalment, asked for. Written in sets; loaded here when it is paid."""

    __tablename__ = "bill"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    n: Mapped[int]
    borrower_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date]
    principal_minor: Mapped[int]
    interest_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    issued_at: Mapped[datetime] = mapped_column(_at)
    instruction_id: Mapped[UUID | None]
    paid_at: Mapped[datetime | None] = mapped_column(_at)
    distributed_at: Mapped[datetime | None] = mapped_column(_at)
    late_told_at: Mapped[datetime | None] = mapped_column(_at)
    charge_id: Mapped[UUID | None]
    charges: Mapped[int] = mapped_column(default=0)
    charge_told_at: Mapped[datetime | None] = mapped_column(_at)
    declined_at: Mapped[datetime | None] = mapped_column(_at)
    decline_reason: Mapped[str | None]

    @property
    def amount(self) -> Money:
        """What is due: principal and interest."""
        return Money(self.principal_minor + self.interest_minor, self.currency)


class LoanMandate(Model):
    """A borrower's word that bills may be charged to a saved card."""

    __tablename__ = "loan_mandate"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    borrower_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    setup_id: Mapped[UUID]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_at)
    active_at: Mapped[datetime | None] = mapped_column(_at)
    ended_at: Mapped[datetime | None] = mapped_column(_at)


class WalletOrder(Model):
    """Money on its way into or out of a wallet."""

    __tablename__ = "wallet_order"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    instruction_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(_at)
    closed_at: Mapped[datetime | None] = mapped_column(_at)

    @property
    def amount(self) -> Money:
        """How much."""
        return Money(self.amount_minor, self.currency)
