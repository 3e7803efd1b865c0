"""The papers of an application: given, replaced, removed by the borrower; marked by a reviewer.

Reading and redrawing a file happens before, outside the transaction.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.infra import audit, files
from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.loans import papers
from marketplace.loans.answers import DOCUMENTS_MAX, kind_refusals
from marketplace.loans.events import DocumentMarked
from marketplace.loans.models import Loan, LoanDocument
from marketplace.loans.rules import reviewer_refusals
from marketplace.loans.services.moving import locked_loan
from marketplace.loans.states import ANSWERABLE, PAPERS_OPEN, LoanState

_REVIEWERS = ("first_reviewer", "second_reviewer")


@dataclass(frozen=True, slots=True)
class Kept:
    """A paper whose file is stored and whose row is not yet written."""

    content_type: str
    bytes: int
    key: str
    sha256: str


def prepare(data: bytes) -> Kept:
    """Check what was sent and store what is kept of it, privately; outside any transaction."""
    paper = papers.read(data)
    key = files.store(paper.data, paper.content_type, shelf=files.PRIVATE)
    digest = hashlib.sha256(paper.data).hexdigest()
    return Kept(paper.content_type, len(paper.data), key, digest)


@command
def give(
    actor: Actor,
    loan_id: UUID,
    kept: Kept,
    *,
    kind: str,
    name: str,
    replaces: UUID | None = None,
    now: datetime,
) -> UUID:
    """Add a prepared paper to my application; the one it `replaces` is taken out.

    The same file twice under one heading is refused: a second copy would only be read twice.
    """
    loan = _open(actor, loan_id)
    refuse_if(kind_refusals(kind, loan.documents))
    if replaces is not None:
        _of_loan(replaces, loan).removed_at = now
        db.session.flush()
    _refuse_surplus(loan, kind, kept)
    document = LoanDocument(
        id=new_id(),
        loan_id=loan.id,
        kind=kind,
        name=papers.shown_name(name),
        content_type=kept.content_type,
        bytes=kept.bytes,
        key=kept.key,
        sha256=kept.sha256,
        uploaded_at=now,
    )
    db.session.add(document)
    loan.changed_at = now
    return document.id


@command
def remove(actor: Actor, loan_id: UUID, document_id: UUID, *, now: datetime) -> None:
    """Take a paper out; once the request was sent, only in exchange for another one."""
    loan = _open(actor, loan_id)
    if LoanState(loan.state) not in ANSWERABLE:
        raise Refusal("document_sent")
    _of_loan(document_id, loan).removed_at = now
    loan.changed_at = now


@command
def mark(actor: Actor, document_id: UUID, *, reason: str, now: datetime) -> None:
    """A reviewer cannot use a paper: the borrower reads why and can replace it."""
    document = db.session.get(LoanDocument, document_id)
    if document is None or document.removed_at is not None:
        raise NotFound(str(document_id))
    loan = locked_loan(document.loan_id)
    if not actor.has(*_REVIEWERS):
        raise NotAllowed("review")
    refuse_if(reviewer_refusals(actor.known(), loan.borrower_id, None))
    if not reason.strip():
        raise Refusal("document_reason_missing", "reason")
    document.marked_by, document.marked_at = actor.known(), now
    document.mark_reason = reason.strip()
    audit.record(actor, "document.marked", "loan_document", document.id, at=now, loan=str(loan.id))
    announce(DocumentMarked(document.id, loan.id, loan.borrower_id))


@command
def note_read(actor: Actor, document_id: UUID, *, now: datetime) -> None:
    """Write down that somebody of the staff opened a paper."""
    audit.record(actor, "document.read", "loan_document", document_id, at=now)


@step
def _open(actor: Actor, loan_id: UUID) -> Loan:
    loan = locked_loan(loan_id, borrower_id=actor.known())
    if LoanState(loan.state) not in PAPERS_OPEN:
        raise Refusal("documents_closed")
    return loan


@step
def _of_loan(document_id: UUID, loan: Loan) -> LoanDocument:
    found = db.session.get(LoanDocument, document_id)
    if found is None or found.loan_id != loan.id or found.removed_at is not None:
        raise NotFound(str(document_id))
    return found


@step
def _refuse_surplus(loan: Loan, kind: str, kept: Kept) -> None:
    mine = select(func.count()).where(
        LoanDocument.loan_id == loan.id, LoanDocument.removed_at.is_(None)
    )
    if db.session.scalar(mine.where(LoanDocument.kind == kind, LoanDocument.sha256 == kept.sha256)):
        raise Refusal("document_twice", "document")
    if (db.session.scalar(mine) or 0) >= DOCUMENTS_MAX:
        raise Refusal("documents_too_many", "document", at_most=DOCUMENTS_MAX)
