"""Letters about an application while people look at it: more is needed, a paper, a message."""

from __future__ import annotations

from uuid import UUID

from marketplace.identity import queries as identity
from marketplace.loans import events
from marketplace.loans.forms.application_words import DOCUMENTS
from marketplace.loans.queries import applications, documents, messages
from marketplace.loans.services.messages import BORROWER
from marketplace.notifications import letters
from marketplace.web.locale import _l


def on_returned(event: events.LoanReturned) -> None:
    """Tell the borrower that the reviewer asks for more."""
    told = applications.application(event.loan_id)
    letters.send(
        event.borrower_id,
        "loan_returned",
        f"loan_returned:{event.message_id}",
        action=f"/borrow/apply/{told.ref}",
        label=_l("Open your request"),
        title=told.title,
    )


def on_marked(event: events.DocumentMarked) -> None:
    """Tell the borrower which paper cannot be used, and why."""
    found = documents.document(event.document_id)
    letters.send(
        event.borrower_id,
        "document_marked",
        f"document_marked:{event.document_id}",
        action=f"/borrow/apply/{found.loan_ref}/documents",
        label=_l("Replace the paper"),
        paper=str(DOCUMENTS.get(found.kind, found.kind)),
        reason=found.mark_reason,
    )


def on_message(event: events.MessageWritten) -> None:
    """Tell the other side that somebody wrote; what, is read on the site."""
    told = applications.application(event.loan_id)
    key = f"loan_message:{event.message_id}"
    if event.side == BORROWER:
        for person_id in _readers(event.loan_id, event.borrower_id):
            letters.send(
                person_id,
                "loan_message_staff",
                f"{key}:{person_id}",
                action=f"/staff/reviews/messages/{told.ref}",
                label=_l("Open the messages"),
                title=told.title,
            )
        return
    letters.send(
        event.borrower_id,
        "loan_message",
        key,
        action=f"/my/loans/{told.ref}/messages",
        label=_l("Open the messages"),
        title=told.title,
    )


def _readers(loan_id: UUID, borrower_id: UUID) -> list[UUID]:
    """Return who hears of a borrower's message: those in the case, else the first desk."""
    involved = messages.reviewers_in(loan_id)
    found = involved or [person.id for person in identity.staff("first_reviewer")]
    return [person_id for person_id in found if person_id != borrower_id]
