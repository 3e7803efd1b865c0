"""What belongs to an application alone: the applicant, a collateral, papers, messages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from marketplace.infra.database import Model

_at = DateTime(timezone=True)


class LoanApplicant(Model):
    """Who asks for a loan, as told in the application; `unread` is what could not be read."""

    __tablename__ = "loan_applicant"

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    legal_name: Mapped[str] = mapped_column(default="")
    born_on: Mapped[date | None]
    phone: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    dependants: Mapped[int] = mapped_column(default=0)
    employer: Mapped[str] = mapped_column(default="")
    housing_cost_minor: Mapped[int] = mapped_column(default=0)
    debts_minor: Mapped[int] = mapped_column(default=0)
    unread: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    saved_at: Mapped[datetime] = mapped_column(_at)


class LoanCollateral(Model):
    """What stands behind a loan, in the loan's currency."""

    __tablename__ = "loan_collateral"

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    value_minor: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str] = mapped_column(default="")
    office: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    saved_at: Mapped[datetime] = mapped_column(_at)


class LoanDocument(Model):
    """A paper of an application; a replaced or removed one stays in the books."""

    __tablename__ = "loan_document"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    kind: Mapped[str]
    name: Mapped[str]
    content_type: Mapped[str]
    bytes: Mapped[int]
    key: Mapped[str]
    sha256: Mapped[str] = mapped_column(CHAR(64))
    uploaded_at: Mapped[datetime] = mapped_column(_at)
    marked_by: Mapped[UUID | None]
    marked_at: Mapped[datetime | None] = mapped_column(_at)
    mark_reason: Mapped[str | None]
    removed_at: Mapped[datetime | None] = mapped_column(_at)


class LoanMessage(Model):
    """One message between a borrower and the reviewers."""

    __tablename__ = "loan_message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    form_key: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    side: Mapped[str]
    kind: Mapped[str]
    body: Mapped[str]
    at: Mapped[datetime] = mapped_column(_at)
    read_at: Mapped[datetime | None] = mapped_column(_at)
