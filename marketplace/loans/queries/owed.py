"""What a person owes because a correction should have taken it from an empty wallet."""

from __future__ import annotations

from uuid import UUID

from marketplace.infra.database import scalar
from marketplace.kernel.money import Money


def after_corrections(person_id: UUID, currency: str) -> Money:
    """Return what is still to be taken from the wallets of a person in `currency`."""
    minor = scalar(
        "SELECT coalesce(sum(amount_minor - recovered_minor), 0) FROM share_owed"
        " WHERE person_id = %s AND currency = %s AND recovered_minor < amount_minor",
        (person_id, currency),
    )
    return Money(int(minor), currency)
