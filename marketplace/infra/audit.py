"""The audit trail: acts that matter and are not state moves (sign-ins, invitations, reads)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.types.json import Json

from marketplace.infra.commands import step
from marketplace.infra.database import driver
from marketplace.kernel.actors import Actor


@step
def record(
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: UUID | None,
    *,
    at: datetime,
    **facts: object,
) -> None:
    """Append one act; `facts` must be JSON and hold no secret."""
    driver().execute(
        """
        INSERT INTO audit_entry (actor, actor_id, action, subject_type, subject_id, facts, at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        """,
        (actor.label, actor.person_id, action, subject_type, subject_id, Json(facts), at),
    )
