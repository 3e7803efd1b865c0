"""What a sponsor is paid of a campaign, one row for each time."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model
from marketplace.kernel.money import Money


class CampaignPayout(Model):
    """One payout of a campaign that is paid in parts; gross = fee + net.

    The `first` is asked for by the campaign's own release, every `tranche` by its instruction.
    """

    __tablename__ = "campaign_payout"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    number: Mapped[int]
    kind: Mapped[str]
    gross_minor: Mapped[int]
    fee_minor: Mapped[int]
    net_minor: Mapped[int]
    currency: Mapped[str]
    instruction_id: Mapped[UUID | None]
    planned_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]

    @property
    def net(self) -> Money:
        """What reaches the sponsor."""
        return Money(self.net_minor, self.currency)
