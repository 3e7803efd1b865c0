"""Rows of the ledger. They are read here; only the SQL functions of migration 0002 write them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Computed, Enum, ForeignKey, Integer, Text
from sqlalchemy.dialects.postgresql import CHAR, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra.database import Model

_AT = TIMESTAMP(timezone=True)
_SIDE = Enum("debit", "credit", name="ledger_side")
_MODE = Enum("running", "append", name="ledger_mode")
_GUARD = Enum("none", "debits", "credits", name="ledger_guard")
_VERB = Enum("post", "hold", "settle", "void", "reverse", name="ledger_verb")
_PHASE = Enum("single", "pending", "post", "void", name="ledger_phase")


class LedgerAccount(Model):
    """Who can hold money. The last three digits of the number are the currency's (ISO 4217)."""

    __tablename__ = "ledger_account"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    kind: Mapped[str] = mapped_column(Text(collation="C"))
    owner_type: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[UUID | None]
    book: Mapped[str] = mapped_column(Text)
    side: Mapped[str] = mapped_column(_SIDE)
    mode: Mapped[str] = mapped_column(_MODE)
    overdraft_allowed: Mapped[bool] = mapped_column(Boolean)
    guard: Mapped[str] = mapped_column(
        _GUARD, Computed("CASE WHEN overdraft_allowed THEN 'none' ELSE 'debits' END")
    )
    opened_at: Mapped[datetime] = mapped_column(_AT)
    closed_at: Mapped[datetime | None] = mapped_column(_AT)


class LedgerBalance(Model):
    """What a `running` account holds; two CHECKs refuse overdrafts, counting what is pending."""

    __tablename__ = "ledger_balance"

    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"), primary_key=True)
    guard: Mapped[str] = mapped_column(_GUARD)
    debits_pending: Mapped[int] = mapped_column(BigInteger)
    debits_posted: Mapped[int] = mapped_column(BigInteger)
    credits_pending: Mapped[int] = mapped_column(BigInteger)
    credits_posted: Mapped[int] = mapped_column(BigInteger)


class LedgerCheckpoint(Model):
    """What an `append` account held up to a journal; the rest is summed."""

    __tablename__ = "ledger_checkpoint"

    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"), primary_key=True)
    upto_journal: Mapped[int] = mapped_column(BigInteger)
    debits_pending: Mapped[int] = mapped_column(BigInteger)
    debits_posted: Mapped[int] = mapped_column(BigInteger)
    credits_pending: Mapped[int] = mapped_column(BigInteger)
    credits_posted: Mapped[int] = mapped_column(BigInteger)
    withdrawals: Mapped[int] = mapped_column(BigInteger)


class LedgerJournal(Model):
    """One business operation; `operation_id` is its idempotency key."""

    __tablename__ = "ledger_journal"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    request_hash: Mapped[int] = mapped_column(BigInteger)
    happened_at: Mapped[datetime] = mapped_column(_AT)
    recorded_at: Mapped[datetime] = mapped_column(_AT)
    expires_at: Mapped[datetime | None] = mapped_column(_AT)
    verb: Mapped[str] = mapped_column(_VERB)
    operation_id: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    cause: Mapped[str] = mapped_column(Text(collation="C"))
    actor: Mapped[str] = mapped_column(Text)


class LedgerTransfer(Model):
    """One movement: debits one account and credits another by the same minor units."""

    __tablename__ = "ledger_transfer"

    journal_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    debit_account: Mapped[int] = mapped_column(BigInteger)
    credit_account: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    phase: Mapped[str] = mapped_column(_PHASE)
    code: Mapped[str] = mapped_column(Text)
    pending_journal: Mapped[int | None] = mapped_column(BigInteger)
    pending_amount: Mapped[int | None] = mapped_column(BigInteger)
