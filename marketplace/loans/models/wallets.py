"""Money on its way into or out of wallets."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from marketplace.infra.database import Model
from marketplace.kernel.money import Money

_at = DateTime(timezone=True)


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
