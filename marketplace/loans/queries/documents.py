"""The papers of an application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id


@dataclass(frozen=True, slots=True)
class Document:
    """A paper that is in the file now."""

    id: UUID
    loan_id: UUID
    borrower_id: UUID
    loan_state: str
    kind: str
    name: str
    content_type: str
    bytes: int
    key: str
    sha256: str
    uploaded_at: datetime
    marked_at: datetime | None
    mark_reason: str | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("doc", self.id)

    @property
    def loan_ref(self) -> str:
        """The public id of the loan."""
        return public_id("ln", self.loan_id)


_DOCUMENT = """
    SELECT d.id, d.loan_id, l.borrower_id, l.state AS loan_state, d.kind, d.name, d.content_type,
        d.bytes, d.key, d.sha256, d.uploaded_at, d.marked_at, d.mark_reason
    FROM loan_document d JOIN loan l ON l.id = d.loan_id WHERE d.removed_at IS NULL AND
"""


def documents(loan_id: UUID) -> list[Document]:
    """Return the papers of an application, in the order in which they were given."""
    return rows(_DOCUMENT + "d.loan_id = %s ORDER BY d.id", (loan_id,), into=Document)


def document(document_id: UUID) -> Document:
    """Return one paper; one that was taken out is `NotFound`."""
    found = row(_DOCUMENT + "d.id = %s", (document_id,), into=Document)
    if found is None:
        raise NotFound(str(document_id))
    return found


def own_document(document_id: UUID, borrower_id: UUID) -> Document:
    """Return my paper; anybody else's is `NotFound`."""
    found = document(document_id)
    if found.borrower_id != borrower_id:
        raise NotFound(str(document_id))
    return found
