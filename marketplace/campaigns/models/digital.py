"""What comes with a reward to be played or saved, and who got what of it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model


class RewardFile(Model):
    """A recording or a file that comes with a reward, and on which terms."""

    __tablename__ = "reward_file"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    reward_id: Mapped[UUID]
    position: Mapped[int]
    recording_id: Mapped[UUID | None]
    file_id: Mapped[UUID | None]
    licence: Mapped[str]
    quota: Mapped[int]
    form_key: Mapped[str]
    added_at: Mapped[Moment]
    withdrawn_at: Mapped[Moment | None]


class RewardDownload(Model):
    """What a person saved or played of a pledge's reward. Append-only: it is evidence."""

    __tablename__ = "reward_download"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reward_file_id: Mapped[UUID]
    pledge_id: Mapped[UUID]
    person_id: Mapped[UUID]
    kind: Mapped[str]
    form_key: Mapped[str]
    size_bytes: Mapped[int]
    at: Mapped[Moment]
