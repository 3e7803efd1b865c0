"""What becomes possible with more than the goal."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class StretchGoal(Model):
    """One of them; `reached_at` is when so much was raised for the first time."""

    __tablename__ = "stretch_goal"

    campaign_id: Mapped[Key]
    position: Mapped[int] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]
    title: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    reached_at: Mapped[Moment | None]
