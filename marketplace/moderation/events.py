"""What is announced of cases."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class CaseDecided(Event):
    """A moderator decided; for ten seconds that can be undone."""

    decision_id: UUID


@dataclass(frozen=True)
class DecisionEffective(Event):
    """A decision can be undone no more: whose subject it is does what was decided."""

    decision_id: UUID
    case_id: UUID
    kind: str
    subject_type: str
    subject_id: UUID
    outcome: str
    code: str
    words: str
    moderator_id: UUID


@dataclass(frozen=True)
class DecisionOverturned(Event):
    """An appeal went through: what `outcome` had done to the subject is taken back."""

    decision_id: UUID
    subject_type: str
    subject_id: UUID
    outcome: str
    words: str
    moderator_id: UUID
