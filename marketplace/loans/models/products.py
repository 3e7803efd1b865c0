"""What may be borrowed, and at which rates."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime, Numeric

from marketplace.infra.database import Model
from marketplace.kernel.money import Money
from marketplace.loans.models.terms import TermsMixin
from marketplace.loans.rules import Limits

_at = DateTime(timezone=True)


class LoanProduct(TermsMixin, Model):
    """What may be borrowed and how: one row per currency and version."""

    __tablename__ = "loan_product"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    version: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    name: Mapped[str]
    summary: Mapped[str]
    amount_min_minor: Mapped[int]
    amount_max_minor: Mapped[int]
    instalments_min: Mapped[int]
    instalments_max: Mapped[int]
    funding_days: Mapped[int]
    offer_days: Mapped[int]
    voucher_single_max_minor: Mapped[int] = mapped_column(default=100_000)
    draw_months: Mapped[int | None]
    draw_min_minor: Mapped[int | None]
    statement_day: Mapped[int | None]
    active: Mapped[bool]
    published_at: Mapped[datetime | None] = mapped_column(_at)

    @property
    def limits(self) -> Limits:
        """What may be asked for."""
        return Limits(
            Money(self.amount_min_minor, self.currency),
            Money(self.amount_max_minor, self.currency),
            self.instalments_min,
            self.instalments_max,
        )


class LoanGrade(Model):
    """The rates a grade may have, and the yearly loss it is published with."""

    __tablename__ = "loan_grade"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("loan_product.id"), primary_key=True)
    grade: Mapped[str] = mapped_column(CHAR(1), primary_key=True)
    rate_from: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    rate_to: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    loss_rate: Mapped[Decimal] = mapped_column(Numeric(9, 6))


class LoanProductProposal(Model):
    """The version of a product that one person proposed; another one publishes it, or not."""

    __tablename__ = "loan_product_proposal"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    code: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    base_id: Mapped[UUID] = mapped_column(ForeignKey("loan_product.id"))
    columns: Mapped[dict[str, Any]] = mapped_column(JSONB)
    grades: Mapped[dict[str, list[str]]] = mapped_column(JSONB)
    note: Mapped[str]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime] = mapped_column(_at)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(_at)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("loan_product.id"))
