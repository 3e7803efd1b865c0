"""Reads of what finance officers want done about what is stuck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound

SELECT: Final = """
    SELECT id, instruction_id, delivery_id, kind, reason, provider_ref, state, proposed_by,
        proposed_at, decided_by, decided_at
    FROM escrow_remedy
"""


@dataclass(frozen=True, slots=True)
class RemedyRow:
    """What one officer proposed, and what a second one made of it."""

    id: UUID
    instruction_id: UUID | None
    delivery_id: UUID | None
    kind: str
    reason: str
    provider_ref: str | None
    state: str
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None


def remedy(remedy_id: UUID) -> RemedyRow:
    """Return one; `NotFound` if there is none."""
    found = row(f"{SELECT} WHERE id = %s", (remedy_id,), into=RemedyRow)
    if found is None:
        raise NotFound(str(remedy_id))
    return found


def remedies_of(subject_id: UUID) -> list[RemedyRow]:
    """Return what was decided about an instruction or a delivery, the latest first."""
    return rows(
        f"{SELECT} WHERE instruction_id = %(id)s OR delivery_id = %(id)s ORDER BY id DESC LIMIT 50",
        {"id": subject_id},
        into=RemedyRow,
    )
