"""What contracts tell the floors above, in the transaction in which it happened."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class ContractDrafted(Event):
    """A contract's text is frozen; who has yet to agree may read it."""

    contract_id: UUID
    subject_id: UUID
    kind: str


@dataclass(frozen=True)
class ContractSigned(Event):
    """All seals are set: the file is what the parties agreed, and stays."""

    contract_id: UUID
    subject_id: UUID
    kind: str
