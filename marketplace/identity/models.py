"""Rows of identity."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Text
from sqlalchemy.dialects.postgresql import CITEXT, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra.database import Model

_AT = TIMESTAMP(timezone=True)


class Person(Model):
    """Somebody with an e-mail address. Confirmed once a mailed link was followed."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(CITEXT, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None] = mapped_column(_AT)
    locale: Mapped[str | None] = mapped_column(Text)
    theme: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_AT)
    is_guest: Mapped[bool] = mapped_column(default=False)


class PersonRole(Model):
    """The staff role of a person; there is never a second one."""

    __tablename__ = "person_role"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[datetime] = mapped_column(_AT)
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class StaffInvitation(Model):
    """A staff role offered to an address; the link works once."""

    __tablename__ = "staff_invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(CITEXT)
    role: Mapped[str] = mapped_column(Text)
    token_digest: Mapped[str] = mapped_column(Text, unique=True)
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    invited_at: Mapped[datetime] = mapped_column(_AT)
    expires_at: Mapped[datetime] = mapped_column(_AT)
    accepted_at: Mapped[datetime | None] = mapped_column(_AT)
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(_AT)


class LoginSession(Model):
    """One signed-in browser. Only the digest of its cookie is kept. Times are real ones."""

    __tablename__ = "login_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(Text, unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(_AT)
    last_seen_at: Mapped[datetime] = mapped_column(_AT)
    expires_at: Mapped[datetime] = mapped_column(_AT)
    user_agent: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime | None] = mapped_column(_AT)


class LoginAttempt(Model):
    """One try of a password, by digest of the address typed. Times are real ones."""

    __tablename__ = "login_attempt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_key: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    device: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(_AT)
    outcome: Mapped[str] = mapped_column(Text)


class MailRequest(Model):
    """A mail that a visitor asked for; what was typed is wiped once it is answered."""

    __tablename__ = "mail_request"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(CITEXT)
    name: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(_AT)
    answered_at: Mapped[datetime | None] = mapped_column(_AT)
    mailed: Mapped[bool]
    next_path: Mapped[str | None] = mapped_column(Text)


class MailedLink(Model):
    """A link that was mailed: whoever holds it, holds the mailbox. It works once."""

    __tablename__ = "mailed_link"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str] = mapped_column(Text)
    token_digest: Mapped[str] = mapped_column(Text, unique=True)
    issued_at: Mapped[datetime] = mapped_column(_AT)
    expires_at: Mapped[datetime] = mapped_column(_AT)
    used_at: Mapped[datetime | None] = mapped_column(_AT)
    next_path: Mapped[str | None] = mapped_column(Text)
