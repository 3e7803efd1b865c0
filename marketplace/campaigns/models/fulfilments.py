"""What was promised to backers, on its way; and what they object to."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class Fulfilment(Model):
    """What one released pledge with a reward has coming."""

    __tablename__ = "fulfilment"

    pledge_id: Mapped[Key]
    campaign_id: Mapped[UUID]
    backer_id: Mapped[UUID]
    state: Mapped[str]
    promised_for: Mapped[date | None]
    shipped_at: Mapped[Moment | None]
    inspect_until: Mapped[Moment | None]
    carrier: Mapped[str] = mapped_column(default="")
    tracking: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[Moment | None]


class Objection(Model):
    """A backer's word against a release, and what two people decided.

    `part_id` is a milestone; None where it is about what this backer was promised. Of a milestone
    it is decided whether the objection is `upheld`; of anything else what goes `back`.
    """

    __tablename__ = "objection"

    id: Mapped[Key]
    pledge_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    part_id: Mapped[UUID | None]
    form_key: Mapped[str]
    code: Mapped[str]
    words: Mapped[str]
    state: Mapped[str]
    opened_at: Mapped[Moment]
    back_minor: Mapped[int | None]
    upheld: Mapped[bool | None]
    reason: Mapped[str | None]
    proposed_by: Mapped[UUID | None]
    proposed_at: Mapped[Moment | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[Moment | None]
