"""Proposals to write a loan off, and what was decided on them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from marketplace.infra.database import Model
from marketplace.kernel.money import Money

_at = DateTime(timezone=True)


class WriteOff(Model):
    """One officer's proposal to give a loan up, and another's word. The amount is principal."""

    __tablename__ = "loan_write_off"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    reason: Mapped[str]
    note: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime] = mapped_column(_at)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(_at)
    agreed: Mapped[bool | None]

    @property
    def amount(self) -> Money:
        """The principal that is given up."""
        return Money(self.amount_minor, self.currency)
