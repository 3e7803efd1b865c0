"""The rows of a bank account as escrow. Services write them by SQL."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra.database import Model

_AT = DateTime(timezone=True)


class BankPayee(Model):
    """Where a person is paid."""

    __tablename__ = "bank_payee"
    __table_args__ = (CheckConstraint("(ready_at IS NULL) = (iban IS NULL)", name="ready"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    operation_id: Mapped[str] = mapped_column(Text, unique=True)
    person_name: Mapped[str] = mapped_column(Text)
    return_url: Mapped[str] = mapped_column(Text)
    holder: Mapped[str | None] = mapped_column(Text)
    iban: Mapped[str | None] = mapped_column(Text)
    ready_at: Mapped[datetime | None] = mapped_column(_AT)
    created_at: Mapped[datetime] = mapped_column(_AT)


class BankFile(Model):
    """A file of payment orders as it was given out."""

    __tablename__ = "bank_file"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(_AT)
    execute_on: Mapped[date] = mapped_column(Date)
    body: Mapped[str] = mapped_column(Text)


class BankStatement(Model):
    """A statement file, and who brought it."""

    __tablename__ = "bank_statement"
    __table_args__ = (Unique("digest", "account", "ref"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    ref: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(CHAR(3))
    closing_minor: Mapped[int | None] = mapped_column(BigInteger)
    last_day: Mapped[date | None] = mapped_column(Date)
    imported_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    imported_at: Mapped[datetime] = mapped_column(_AT)


class BankOrder(Model):
    """What is to be paid in or out."""

    __tablename__ = "bank_order"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('checkout', 'top_up', 'refund', 'transfer', 'payout')", name="kind"
        ),
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        CheckConstraint(
            "state IN ('open', 'exported', 'done', 'failed', 'closed', 'returned')", name="state"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    operation_id: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    state: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text, unique=True)
    return_url: Mapped[str | None] = mapped_column(Text)
    cancel_url: Mapped[str | None] = mapped_column(Text)
    valid_until: Mapped[datetime | None] = mapped_column(_AT)
    name: Mapped[str | None] = mapped_column(Text)
    iban: Mapped[str | None] = mapped_column(Text)
    payment_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("bank_file.id"))
    created_at: Mapped[datetime] = mapped_column(_AT)
    finished_at: Mapped[datetime | None] = mapped_column(_AT)
    reason: Mapped[str | None] = mapped_column(Text)


class BankLine(Model):
    """One booking of a statement."""

    __tablename__ = "bank_line"
    __table_args__ = (
        Unique("account", "bank_ref"),
        CheckConstraint("amount_minor <> 0", name="amount_minor"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("bank_statement.id"))
    account: Mapped[str] = mapped_column(Text)
    bank_ref: Mapped[str] = mapped_column(Text)
    booked_on: Mapped[date] = mapped_column(Date)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    name: Mapped[str] = mapped_column(Text)
    iban: Mapped[str] = mapped_column(Text)
    remittance: Mapped[str] = mapped_column(Text)
    end_to_end_id: Mapped[str] = mapped_column(Text)
    returned: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("bank_order.id"))
    created_at: Mapped[datetime] = mapped_column(_AT)
