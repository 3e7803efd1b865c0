"""What is asked for, and what may be charged for it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from marketplace.infra.database import Model
from marketplace.kernel.money import Money

_at = DateTime(timezone=True)


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
    paid_minor: Mapped[int] = mapped_column(default=0)
    penalty_minor: Mapped[int] = mapped_column(default=0)
    fee_minor: Mapped[int] = mapped_column(default=0)
    charges_paid_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(CHAR(3))
    issued_at: Mapped[datetime] = mapped_column(_at)
    instruction_id: Mapped[UUID | None]
    paid_at: Mapped[datetime | None] = mapped_column(_at)
    late_told_at: Mapped[datetime | None] = mapped_column(_at)
    charge_id: Mapped[UUID | None]
    charges: Mapped[int] = mapped_column(default=0)
    charge_told_at: Mapped[datetime | None] = mapped_column(_at)
    charge_told_minor: Mapped[int | None]
    declined_at: Mapped[datetime | None] = mapped_column(_at)
    decline_reason: Mapped[str | None]

    @property
    def amount(self) -> Money:
        """What is asked for: principal and interest, and what being late with them cost."""
        charges = self.penalty_minor + self.fee_minor
        return Money(self.principal_minor + self.interest_minor + charges, self.currency)

    @property
    def open(self) -> Money:
        """What of it is not paid yet."""
        return self.amount - Money(self.paid_minor + self.charges_paid_minor, self.currency)


class LoanMandate(Model):
    """A borrower's word that bills may be charged to a saved card."""

    __tablename__ = "loan_mandate"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    borrower_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    setup_id: Mapped[UUID]
    most_minor: Mapped[int | None]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_at)
    active_at: Mapped[datetime | None] = mapped_column(_at)
    ended_at: Mapped[datetime | None] = mapped_column(_at)
