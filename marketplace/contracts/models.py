"""The rows of contracts that commands load, lock and change one at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from marketplace.infra.database import Model

_at = DateTime(timezone=True)


class Contract(Model):
    """One contract. What was agreed to is frozen from the draft on; a trigger holds it."""

    __tablename__ = "contract"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    template_code: Mapped[str]
    template_version: Mapped[int]
    template_language: Mapped[str]
    state: Mapped[str]
    title: Mapped[str]
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    terms_hash: Mapped[str] = mapped_column(CHAR(64))
    document_key: Mapped[str]
    document_hash: Mapped[str] = mapped_column(CHAR(64))
    signed_key: Mapped[str | None]
    signed_hash: Mapped[str | None] = mapped_column(CHAR(64))
    drafted_at: Mapped[datetime] = mapped_column(_at)
    sign_by: Mapped[datetime] = mapped_column(_at)
    agreed_at: Mapped[datetime | None] = mapped_column(_at)
    signed_at: Mapped[datetime | None] = mapped_column(_at)
    voided_at: Mapped[datetime | None] = mapped_column(_at)
    void_reason: Mapped[str | None]


class ContractParty(Model):
    """One party: who they are, how they agreed, their signature once there is one."""

    __tablename__ = "contract_party"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    position: Mapped[int]
    role: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    share_minor: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(CHAR(3))
    how: Mapped[str | None]
    agreed_at: Mapped[datetime | None] = mapped_column(_at)
    session_hash: Mapped[str | None]
    address_hash: Mapped[str | None]
    shown_hash: Mapped[str | None] = mapped_column(CHAR(64))
    certificate: Mapped[str | None]
    serial: Mapped[str | None]
    signature: Mapped[str | None]
    signed_at: Mapped[datetime | None] = mapped_column(_at)


class ContractSigning(Model):
    """The asking for seals, written down before anybody is asked."""

    __tablename__ = "contract_signing"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    state: Mapped[str]
    provider: Mapped[str]
    provider_ref: Mapped[str | None]
    attempts: Mapped[int]
    planned_at: Mapped[datetime] = mapped_column(_at)
    sent_at: Mapped[datetime | None] = mapped_column(_at)
    due_at: Mapped[datetime] = mapped_column(_at)
    finished_at: Mapped[datetime | None] = mapped_column(_at)
    last_error: Mapped[str | None]
