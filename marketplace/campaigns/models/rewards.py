"""What is in a reward, what sending it costs, and what backers chose."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key
from marketplace.infra.database import Model


class RewardItem(Model):
    """One thing in a reward."""

    __tablename__ = "reward_item"

    id: Mapped[Key]
    reward_id: Mapped[UUID]
    position: Mapped[int]
    title: Mapped[str]
    quantity: Mapped[int] = mapped_column(default=1)


class ItemOption(Model):
    """What a backer chooses about an item."""

    __tablename__ = "item_option"

    item_id: Mapped[Key]
    position: Mapped[int] = mapped_column(primary_key=True)
    reward_id: Mapped[UUID]
    name: Mapped[str]
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text))


class RewardShipping(Model):
    """What sending a reward to one zone costs."""

    __tablename__ = "reward_shipping"

    reward_id: Mapped[Key]
    zone: Mapped[str] = mapped_column(primary_key=True)
    price_minor: Mapped[int]


class PledgeChoice(Model):
    """What a backer chose, in the words of that day. Append-only."""

    __tablename__ = "pledge_choice"

    pledge_id: Mapped[Key]
    line: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[Key]
    option_position: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]
    option: Mapped[str]
    choice: Mapped[str]
