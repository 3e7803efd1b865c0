"""Takes a plan back before anybody was called: the money it had set aside is free again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.escrow.services import applying, booking
from marketplace.escrow.states import Kind, Move, State
from marketplace.infra.commands import step
from marketplace.infra.database import execute
from marketplace.kernel.actors import CLOCK


@step
def call_off(instruction_id: UUID, *, reason: str, now: datetime) -> bool:
    """End a transfer, refund or reversal that waits to be sent; True if it took nothing.

    What the provider may have heard of stays as it is, and the answer is False: it must be
    waited for. Who planned it is not told, because it is they who call it off.
    """
    instruction = applying.locked(instruction_id)
    state = State(instruction.state)
    if state in {State.FAILED, State.EXPIRED, State.RETURNED}:
        return True
    if state is not State.PLANNED or instruction.provider_ref is not None:
        return False
    target = applying.move(instruction, Move.EXPIRE, by=CLOCK, at=now, reason=reason)
    execute(
        """
        UPDATE escrow_instruction SET state = %(state)s, finished_at = %(now)s, lease_until = NULL,
            not_before = NULL, last_error = %(reason)s WHERE id = %(id)s
        """,
        {"state": target, "now": now, "reason": reason, "id": instruction_id},
    )
    if instruction.kind != Kind.REVERSAL:  # which takes nothing out, so nothing was set aside
        booking.void_outgoing(instruction, now)
    return True
