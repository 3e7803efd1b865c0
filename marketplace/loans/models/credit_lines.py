"""Credit lines: limits that are drawn on by loans of their own."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime, Numeric

from marketplace.infra.database import Model
from marketplace.kernel.money import Money

_at = DateTime(timezone=True)


class CreditLine(Model):
    """A limit somebody was granted, with what two reviewers fixed of every draw on it."""

    __tablename__ = "credit_line"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    borrower_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    application_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    state: Mapped[str]
    limit_minor: Mapped[int]
    grade: Mapped[str] = mapped_column(CHAR(1))
    annual_rate: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    instalments_min: Mapped[int]
    instalments_max: Mapped[int]
    draw_min_minor: Mapped[int]
    statement_day: Mapped[int]
    bill_lead_days: Mapped[int]
    draw_until: Mapped[date]
    granted_at: Mapped[datetime] = mapped_column(_at)
    changed_at: Mapped[datetime] = mapped_column(_at)
    closed_at: Mapped[datetime | None] = mapped_column(_at)

    @property
    def limit(self) -> Money:
        """The most that may be owed and under way."""
        return Money(self.limit_minor, self.currency)
