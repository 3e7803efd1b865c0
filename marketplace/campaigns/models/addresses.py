"""Where a reward is sent."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class PledgeAddress(Model):
    """The address of one pledge; wiped half a year after its delivery is over."""

    __tablename__ = "pledge_address"

    pledge_id: Mapped[Key]
    campaign_id: Mapped[UUID]
    name: Mapped[str]
    street: Mapped[str]
    postcode: Mapped[str]
    city: Mapped[str]
    country: Mapped[str]
    given_at: Mapped[Moment]
