"""Before lending for the first time a lender says that the risk was read and understood."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.infra.commands import command, step
from marketplace.infra.database import execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.loans.funding import CONSENT_VERSION
from marketplace.loans.queries import limits


@command
def acknowledge(actor: Actor, *, now: datetime) -> None:
    """Keep that the present words about the risk were agreed to; a second time changes nothing."""
    execute(
        "INSERT INTO risk_consent (person_id, version, given_at) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (actor.known(), CONSENT_VERSION, now),
    )


@step
def must_know_risk(lender_id: UUID) -> None:
    """Refuse a lender who has not agreed to the present words."""
    if not limits.knows_risk(lender_id):
        raise Refusal("risk_not_acknowledged", "understood")
