"""Orders for seals, as a contract of two lenders gives them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from marketplace.contracts.consents import Consent, How
from marketplace.contracts.gateway import Order, Signatory
from marketplace.infra.pdf import Block, Heading, NewPage, Paper, Paragraph, write

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DIGEST = hashlib.sha256(b"terms").hexdigest()


def a_document() -> bytes:
    blocks: list[Block] = [
        Paragraph("The borrower owes what was lent."),
        NewPage(),
        Heading("Signatures"),
    ]
    return write(Paper("Loan agreement", "Kindling", "ct_1", "{}/{}".format, blocks=blocks))


def a_party(n: int, role: str, name: str, how: How) -> Signatory:
    return Signatory(UUID(int=n), role, name, Consent(how, NOW, "s", "a", DIGEST))


def an_order(lenders: int = 2) -> Order:
    document = a_document()
    return Order(
        id=UUID(int=99),
        number="ct_1",
        title="Loan agreement",
        platform="Kindling",
        document=document,
        document_hash=hashlib.sha256(document).hexdigest(),
        parties=(
            *(a_party(n, "lender", f"Lena Żółć {n}", How.CHECKBOX) for n in range(1, lenders + 1)),
            a_party(1001, "borrower", "陳大文", How.HAND),
            a_party(1002, "platform", "Kindling", How.SEAL),
        ),
        at=NOW,
    )
