"""A borrower's voucher of a payment at a bank, and the lines of statements that prove one."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from marketplace.infra.database import Model
from marketplace.kernel.money import Money

_at = DateTime(timezone=True)


class CollectionLine(Model):
    """One amount that came in on the collecting account, as its bank told it."""

    __tablename__ = "collection_line"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account: Mapped[str]
    bank_ref: Mapped[str]
    booked_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    name: Mapped[str]
    iban: Mapped[str]
    remittance: Mapped[str]
    imported_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    imported_at: Mapped[datetime] = mapped_column(_at)
    owner_id: Mapped[UUID | None]
    set_aside_at: Mapped[datetime | None] = mapped_column(_at)
    set_aside_note: Mapped[str | None]

    @property
    def amount(self) -> Money:
        """What came in."""
        return Money(self.amount_minor, self.currency)


class Voucher(Model):
    """What a borrower says was paid at a bank, with the image of it."""

    __tablename__ = "voucher"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    borrower_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str]
    state: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    paid_on: Mapped[date]
    bank_ref: Mapped[str]
    content_type: Mapped[str]
    key: Mapped[str]
    sha256: Mapped[str] = mapped_column(CHAR(64))
    look: Mapped[int | None] = mapped_column(BigInteger)
    uploaded_at: Mapped[datetime] = mapped_column(_at)
    changed_at: Mapped[datetime] = mapped_column(_at)
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("collection_line.id"))
    matched_by: Mapped[UUID | None]
    matched_at: Mapped[datetime | None] = mapped_column(_at)
    first_by: Mapped[UUID | None]
    first_at: Mapped[datetime | None] = mapped_column(_at)
    second_by: Mapped[UUID | None]
    second_at: Mapped[datetime | None] = mapped_column(_at)
    rejected_by: Mapped[UUID | None]
    reject_reason: Mapped[str | None]
    instruction_id: Mapped[UUID | None]
    receipt_id: Mapped[UUID | None]
    undo_by: Mapped[UUID | None]
    undo_at: Mapped[datetime | None] = mapped_column(_at)
    undo_reason: Mapped[str | None]
    undone_by: Mapped[UUID | None]

    @property
    def amount(self) -> Money:
        """What the borrower says was paid."""
        return Money(self.amount_minor, self.currency)
