"""Lenders' orders for parts of loans."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from marketplace.infra.database import Model
from marketplace.kernel.money import Money

_at = DateTime(timezone=True)


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
    reflect_until: Mapped[datetime | None] = mapped_column(_at)
    leave_by: Mapped[date | None]
    closed_at: Mapped[datetime | None] = mapped_column(_at)

    @property
    def amount(self) -> Money:
        """The part ordered."""
        return Money(self.amount_minor, self.currency)
