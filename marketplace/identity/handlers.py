"""What identity does when it is told something."""

from __future__ import annotations

from marketplace.identity.adapters import write
from marketplace.identity.events import MailAsked
from marketplace.identity.services import answering
from marketplace.kernel import clock


def answer_mail_request(event: MailAsked) -> None:
    """Mail what a visitor asked for, if there is anything to mail."""
    answering.answer(event.request_id, now=clock.now(), write=write)
