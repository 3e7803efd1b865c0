"""What a pledge is made of, as it was agreed."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, Computed
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key
from marketplace.infra.database import Model
from marketplace.kernel.money import Money


class PledgeLine(Model):
    """One line of what a backer pays for. Append-only; the lines of a pledge are its amount."""

    __tablename__ = "pledge_line"

    pledge_id: Mapped[Key]
    position: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID]
    kind: Mapped[str]
    reward_id: Mapped[UUID | None]
    title: Mapped[str] = mapped_column(default="")
    quantity: Mapped[int] = mapped_column(default=1)
    unit_minor: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger, Computed("quantity * unit_minor"))
    currency: Mapped[str]

    @property
    def amount(self) -> Money:
        """What the line comes to."""
        return Money(self.quantity * self.unit_minor, self.currency)
