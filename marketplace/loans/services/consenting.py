"""A lender agrees to the loan's contract with the order: kept with it, bound to the words shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.contracts.consents import Consent, How
from marketplace.infra.commands import step
from marketplace.infra.database import execute
from marketplace.kernel.errors import Refusal
from marketplace.loans.agreement import shown_hash
from marketplace.loans.queries import agreements


@step
def give(commitment_id: UUID, loan_id: UUID, consent: Consent) -> None:
    """Keep an agreement with its order; refused for other terms than the loan has."""
    if consent.shown_hash != shown_hash(agreements.agreed(loan_id)):
        raise Refusal("contract_changed", "agreed")
    execute(
        """
        INSERT INTO commitment_consent
            (commitment_id, how, given_at, session_hash, address_hash, shown_hash)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        (
            *(commitment_id, consent.how.value, consent.at),
            *(consent.session, consent.address, consent.shown_hash),
        ),
    )


def to_terms_of(
    loan_id: UUID, how: How, *, at: datetime, session: str = "", address: str = ""
) -> Consent:
    """Return an agreement to the terms the loan has now.

    By standing order (`How.MANDATE`), or for who has just seen them.
    """
    shown = shown_hash(agreements.agreed(loan_id))
    return Consent(how, at, session, address, shown)
