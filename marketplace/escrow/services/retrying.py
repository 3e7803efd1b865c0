"""Tries dead letters again: one officer may, since the provider does nothing twice."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.escrow.events import TryAgainAsked
from marketplace.escrow.queries import Instruction, dead_letters
from marketplace.escrow.services import dispatching, inbox, planning
from marketplace.escrow.services.drafts import Draft, insert, set_aside
from marketplace.escrow.services.proposals import (
    PROPOSERS,
    Wish,
    failed_delivery,
    must_be,
    stuck,
    write,
)
from marketplace.escrow.states import Kind, RemedyKind, State
from marketplace.infra.commands import command, step
from marketplace.infra.database import execute
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import InstructionId


@command
def retry(officer: Actor, instruction_id: UUID, *, reason: str, now: datetime) -> None:
    """Try again at once: send what waits, read back what is unknown, plan anew what failed."""
    must_be(officer, PROPOSERS)
    instruction = stuck(instruction_id, now)
    match State(instruction.state):
        case State.PLANNED:
            _hurry(instruction.id)
            dispatching.wake(instruction.id)
        case State.UNKNOWN:
            _hurry(instruction.id)
            dispatching.look_soon(instruction.id)
        case _:
            _plan_again(instruction)
    write(officer, Wish(RemedyKind.RETRY, reason, instruction_id=instruction.id), now)


@command
def retry_delivery(officer: Actor, delivery_id: UUID, *, reason: str, now: datetime) -> None:
    """Work a notice again that was given up."""
    must_be(officer, PROPOSERS)
    failed_delivery(delivery_id)
    execute(
        "UPDATE escrow_delivery SET state = 'stored', attempts = 0, not_before = NULL,"
        " finished_at = NULL WHERE id = %(id)s",
        {"id": delivery_id},
    )
    inbox.wake()
    write(officer, Wish(RemedyKind.RETRY, reason, delivery_id=delivery_id), now)


@step
def _hurry(instruction_id: UUID) -> None:
    execute(
        "UPDATE escrow_instruction SET not_before = NULL, lease_until = NULL WHERE id = %(id)s",
        {"id": instruction_id},
    )


@step
def _plan_again(failed: Instruction) -> None:
    """Plan the next try of what failed, or ask who owes it to do so."""
    if dead_letters.is_repeated(failed.kind, failed.purpose):
        announce(TryAgainAsked(failed.id, failed.purpose, failed.subject_id))
        return
    if failed.kind == Kind.REFUND and failed.of_id is not None:
        planning.plan_refund(
            of=InstructionId(failed.of_id),
            subject_id=failed.subject_id,
            amount=failed.amount,
            debit_account=failed.account_id,
            purpose=failed.purpose,
            cause=failed.cause,
            reason=failed.description,
            sequence=failed.sequence + 1,
        )
        return
    draft = Draft(
        kind=Kind(failed.kind),
        purpose=failed.purpose,
        subject_id=failed.subject_id,
        sequence=failed.sequence + 1,
        amount=failed.amount,
        account_id=failed.account_id,
        cause=failed.cause,
        description=failed.description,
        person_id=failed.person_id,
        of_id=failed.of_id,
    )
    outgoing = draft.kind in {Kind.TRANSFER, Kind.PAYOUT}
    dispatching.wake(set_aside(draft) if outgoing else insert(draft).id)
