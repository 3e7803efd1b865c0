"""The plan of an instruction, and how it becomes its row: once, whoever plans it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.queries import COLUMNS, SELECT, Instruction
from marketplace.escrow.services import booking
from marketplace.escrow.states import Kind
from marketplace.infra.commands import step
from marketplace.infra.database import flush, row
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId, new_id
from marketplace.kernel.money import Money

_INSERT: Final = f"""
    INSERT INTO escrow_instruction (id, kind, purpose, subject_id, sequence, person_id, of_id,
        provider, amount_minor, currency, state, account_id, cause, description, return_path,
        cancel_path, expires_at, created_at)
    VALUES (%(id)s, %(kind)s, %(purpose)s, %(subject_id)s, %(sequence)s, %(person_id)s, %(of_id)s,
        %(provider)s, %(amount_minor)s, %(currency)s, 'planned', %(account_id)s, %(cause)s,
        %(description)s, %(return_path)s, %(cancel_path)s, %(expires_at)s, %(created_at)s)
    ON CONFLICT (kind, purpose, subject_id, sequence) DO NOTHING RETURNING {COLUMNS}
"""  # noqa: S608 - our own constant
_PLANNED: Final = f"""
    {SELECT} WHERE kind = %(kind)s AND purpose = %(purpose)s AND subject_id = %(subject_id)s
        AND sequence = %(sequence)s
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is planned, before it has an id."""

    kind: Kind
    purpose: str
    subject_id: UUID
    sequence: int
    amount: Money
    account_id: int
    cause: str
    description: str
    person_id: UUID | None = None
    of_id: UUID | None = None
    return_path: str | None = None
    cancel_path: str | None = None
    expires_at: datetime | None = None


@step
def set_aside(draft: Draft) -> InstructionId:
    """Plan what takes money out, and set that money aside at once."""
    instruction = insert(draft)
    booking.hold_outgoing(instruction, instruction.created_at)
    return instruction.id


@step
def insert(draft: Draft) -> Instruction:
    """Return the row of a plan; `Broken` if another plan has its place."""
    params = {name: getattr(draft, name) for name in Draft.__dataclass_fields__}
    params |= {
        "id": new_id(),
        "provider": gateway.current().name,
        "amount_minor": draft.amount.minor,
        "currency": draft.amount.currency,
        "created_at": clock.now(),
    }
    del params["amount"]
    flush()
    kept = row(_INSERT, params, into=Instruction) or row(_PLANNED, params, into=Instruction)
    if kept is None or not _same(kept, draft):
        raise Broken(f"another {draft.kind} is planned for {draft.purpose} {draft.subject_id}")
    return kept


def _same(kept: Instruction, draft: Draft) -> bool:
    return (kept.amount, kept.account_id, kept.person_id, kept.of_id) == (
        draft.amount,
        draft.account_id,
        draft.person_id,
        draft.of_id,
    )
