"""Mail: a row in the transaction, a job that delivers it.

Without MAIL_URL each mail becomes a file under DATA_DIR/mail, to be read like any other.
"""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra.commands import command, step
from marketplace.infra.database import Model, db, execute, scalar
from marketplace.infra.jobs import LATER, defer, job
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.ids import new_id

_TIMEOUT_SECONDS: Final = 20
_POLICY: Final = policy.default.clone(refold_source="none")


class MailMessage(Model):
    """One mail, kept as it was sent. `key` makes a second request for it a no-op."""

    __tablename__ = "mail_message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID | None]
    to_address: Mapped[str]
    subject: Mapped[str]
    body_text: Mapped[str]
    body_html: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    unsubscribe: Mapped[str | None]


@step
def send(
    to_address: str,
    subject: str,
    text: str,
    *,
    key: str,
    html: str | None = None,
    person_id: UUID | None = None,
    unsubscribe: str | None = None,
) -> None:
    """Send a mail once per `key`, after the open transaction commits.

    `unsubscribe` is the address at which one click ends mail of its kind.
    """
    now = clock.now()
    message_id = new_id()
    inserted = execute(
        """
        INSERT INTO mail_message
            (id, key, person_id, to_address, subject, body_text, body_html, created_at, sent_at,
             unsubscribe)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING
        """,
        (
            message_id,
            key,
            person_id,
            _one_line(to_address),
            _one_line(subject),
            text,
            html,
            now,
            None,
            unsubscribe,
        ),
    )
    if inserted:
        defer(deliver, message_id=str(message_id))


@job("mail.deliver", priority=LATER)
def deliver(*, message_id: str) -> None:
    """Deliver one mail unless that already happened."""
    message = db.session.get(MailMessage, UUID(message_id))
    if message is None or message.sent_at is not None:
        return
    composed, number = _compose(message), message.id
    db.session.rollback()  # no transaction stays open while the mail server thinks
    url = current_settings().mail_url
    if url:
        _by_smtp(url, composed)
    else:
        _to_file(composed, number)
    _mark_sent(number, clock.now())


@command
def _mark_sent(message_id: UUID, at: datetime) -> None:
    execute("UPDATE mail_message SET sent_at = %s WHERE id = %s", (at, message_id))


def last_for(address: str) -> str | None:
    """Return the text of the newest mail to `address` (tests and operators)."""
    sql = "SELECT body_text FROM mail_message WHERE to_address = %s ORDER BY id DESC LIMIT 1"
    found = scalar(sql, (address,))
    return None if found is None else str(found)


def _compose(row: MailMessage) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = current_settings().mail_from
    mail["To"] = Address(addr_spec=row.to_address)
    mail["Subject"] = row.subject
    mail["Date"] = row.created_at
    mail["Message-ID"] = f"<{row.id}@kindling>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in answer
    if row.unsubscribe:
        # As it is: folding would turn a long address into encoded words, which nobody follows.
        mail.set_raw("List-Unsubscribe", f"<{row.unsubscribe}>")
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    mail.set_content(row.body_text)
    if row.body_html:
        mail.add_alternative(row.body_html, subtype="html")
    return mail


def _by_smtp(url: str, mail: EmailMessage) -> None:
    parts = urlsplit(url)
    proof = ssl.create_default_context()  # a password is said to the server that is meant only
    with _connected(parts, proof) as server:
        if parts.username:
            if parts.scheme == "smtp":
                server.starttls(context=proof)
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(mail)


def _connected(parts: SplitResult, proof: ssl.SSLContext) -> smtplib.SMTP:
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        port = parts.port or smtplib.SMTP_SSL_PORT
        return smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=proof)
    return smtplib.SMTP(host, parts.port or smtplib.SMTP_PORT, timeout=_TIMEOUT_SECONDS)


def _to_file(mail: EmailMessage, number: UUID) -> None:
    folder: Path = current_settings().data_dir / "mail"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number}.eml").write_bytes(bytes(mail))


def _one_line(text: str) -> str:
    # A line break in a header would let a name add headers of its own.
    return " ".join(text.split())
