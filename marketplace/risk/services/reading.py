"""Shows a report to somebody of the staff, and writes down that it was read and what for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.infra import audit
from marketplace.infra.commands import command
from marketplace.kernel.actors import Actor
from marketplace.risk import queries
from marketplace.risk.queries import Standing


@command
def read(actor: Actor, subject_id: UUID, *, purpose: str, now: datetime) -> Standing | None:
    """Return what is known of a subject; each reading of a report leaves an entry in the audit."""
    found = queries.standing(subject_id)
    if found is not None and found.report_id is not None:
        audit.record(
            actor,
            "risk.report_read",
            "risk_report",
            found.report_id,
            at=now,
            purpose=purpose,
            of=str(subject_id),
        )
    return found
