"""In which parts a sponsor gets the money, and where each part of a pledge is."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model
from marketplace.kernel.money import Money


class ReleasePart(Model):
    """One part of a campaign's plan; all its parts are the whole. Only a milestone has a state."""

    __tablename__ = "release_part"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    position: Mapped[int]
    kind: Mapped[str]
    share_bps: Mapped[int]
    title: Mapped[str] = mapped_column(default="")
    due: Mapped[date | None]
    state: Mapped[str | None]
    evidence_html: Mapped[str] = mapped_column(default="")
    claimed_at: Mapped[Moment | None]
    objections_until: Mapped[Moment | None]
    decided_at: Mapped[Moment | None]
    reason: Mapped[str | None]


class PledgePart(Model):
    """One part of one released pledge. Its amount is gross and never changes."""

    __tablename__ = "pledge_part"

    id: Mapped[Key]
    pledge_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    part_id: Mapped[UUID]
    piece: Mapped[int] = mapped_column(default=1)
    amount_minor: Mapped[int]
    fee_minor: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    refund_id: Mapped[UUID | None]
    ended_at: Mapped[Moment | None]

    @property
    def amount(self) -> Money:
        """All of it, our fee included."""
        return Money(self.amount_minor, self.currency)

    @property
    def net(self) -> Money:
        """What the sponsor gets of it once it is released."""
        return Money(self.amount_minor - self.fee_minor, self.currency)
