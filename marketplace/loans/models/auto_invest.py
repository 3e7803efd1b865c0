"""Lenders' standing rules for orders."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime, Numeric, Text

from marketplace.infra.database import Model

_at = DateTime(timezone=True)


class AutoInvestRule(Model):
    """What a lender wants ordered; its terms never change, only its state does."""

    __tablename__ = "auto_invest_rule"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lender_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    grades: Mapped[list[str]] = mapped_column(ARRAY(Text))
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    products: Mapped[list[str]] = mapped_column(ARRAY(Text))
    rate_min: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    term_max_months: Mapped[int | None]
    amount_minor: Mapped[int]
    borrower_max_minor: Mapped[int | None]
    grade_max_minor: Mapped[int | None]
    reserve_minor: Mapped[int]
    month_max_minor: Mapped[int | None]
    terms_hash: Mapped[str] = mapped_column(CHAR(64))
    created_at: Mapped[datetime] = mapped_column(_at)
    activated_at: Mapped[datetime | None] = mapped_column(_at)
    waiting_since: Mapped[datetime | None] = mapped_column(_at)
    ended_at: Mapped[datetime | None] = mapped_column(_at)
