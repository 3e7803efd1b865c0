"""What came in for a loan, what a borrower asked to pay early, and what officers let off."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from marketplace.infra.database import Model
from marketplace.kernel.money import Money

_at = DateTime(timezone=True)


class Receipt(Model):
    """A payment of a loan, or a correction of one; append-only but for when it was shared.

    The portions of a correction are differences and may be negative.
    """

    __tablename__ = "receipt"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    sequence: Mapped[int]
    source: Mapped[str]
    source_id: Mapped[UUID]
    instruction_id: Mapped[UUID | None]
    bill_id: Mapped[UUID | None]
    of_id: Mapped[UUID | None]
    intent: Mapped[str]
    effective_on: Mapped[date]
    received_at: Mapped[datetime] = mapped_column(_at)
    leave_by: Mapped[date | None]
    counter_account: Mapped[int | None]
    amount_minor: Mapped[int]
    principal_minor: Mapped[int]
    interest_minor: Mapped[int]
    penalty_minor: Mapped[int]
    fee_minor: Mapped[int]
    overpaid_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    first_n: Mapped[int | None]
    last_n: Mapped[int | None]
    shared_as: Mapped[int | None]
    distributed_at: Mapped[datetime | None] = mapped_column(_at)

    @property
    def amount(self) -> Money:
        """What came in; less than nothing where a payment was taken back."""
        return Money(self.amount_minor, self.currency)


class Prepayment(Model):
    """A quote a borrower took: so much, paid by such a day, closes or shortens the loan."""

    __tablename__ = "prepayment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    borrower_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str]
    intent: Mapped[str]
    paid_from: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    quoted_on: Mapped[date]
    valid_until: Mapped[date]
    instruction_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(_at)

    @property
    def amount(self) -> Money:
        """What was quoted, or chosen."""
        return Money(self.amount_minor, self.currency)


class ChargeWaiver(Model):
    """One officer's proposal to let a charge off, and what another decided on it."""

    __tablename__ = "charge_waiver"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    charge_kind: Mapped[str]
    charge_n: Mapped[int]
    charge_on: Mapped[date]
    charge_last_on: Mapped[date | None]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    effective_on: Mapped[date]
    reason: Mapped[str]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime] = mapped_column(_at)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(_at)
    agreed: Mapped[bool | None]

    @property
    def amount(self) -> Money:
        """How much of the charge is let off."""
        return Money(self.amount_minor, self.currency)
