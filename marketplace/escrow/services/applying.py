"""Makes true here what is true at the provider: state, ledger, event, in one transaction.

The provider's word may come as a direct answer, a webhook or a read-back, in any order and any
number of times. It is applied once: an instruction that has come to its end does not move.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.gateway import Seen, Standing
from marketplace.escrow.queries import COLUMNS, SELECT, Instruction
from marketplace.escrow.services import effects
from marketplace.escrow.states import ENDS, INSTRUCTION, PAYMENTS, Kind, Move, State
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import execute, row
from marketplace.kernel.actors import CLOCK, PROVIDER, Actor
from marketplace.kernel.errors import Broken, NotFound

LOOK_AGAIN: Final = timedelta(hours=1)
LOOK_AFTER_EXPIRY: Final = timedelta(minutes=1)

_ACCEPT: Final = """
    UPDATE escrow_instruction SET state = 'sent', provider_ref = %(ref)s,
        payment_ref = coalesce(%(payment)s, payment_ref), url = coalesce(%(url)s, url),
        sent_at = coalesce(sent_at, %(now)s), lease_until = NULL, not_before = %(look)s,
        last_error = NULL
    WHERE id = %(id)s
"""
_ACCEPT_CLAIMED: Final = (
    f"{_ACCEPT} AND state = 'sent' AND provider_ref IS NULL RETURNING {COLUMNS}"
)
_MOVES: Final = {
    Standing.OPEN: Move.ACCEPT,
    Standing.SUCCEEDED: Move.SUCCEED,
    Standing.FAILED: Move.FAIL,
    Standing.EXPIRED: Move.EXPIRE,
}


@command
def record(instruction_id: UUID, seen: Seen, now: datetime) -> bool:
    """Apply what was seen, as a command of its own; True if it changed anything."""
    return apply(instruction_id, seen, now)


@command
def accept(claimed: Instruction, seen: Seen, now: datetime) -> Instruction | None:
    """The provider has opened the page that was called for: `record`'s short way.

    Returns it as it then stands; None, and nothing is done, if anybody was faster.
    """
    _must_match(claimed, seen)
    return row(_ACCEPT_CLAIMED, _accepted(claimed, seen, now), into=Instruction)


@command
def give_up(instruction_id: UUID, reason: str, now: datetime) -> bool:
    """The provider will never do it, or it came too late; True if that is news."""
    return end(instruction_id, reason, now)


@step
def apply(instruction_id: UUID, seen: Seen, now: datetime) -> bool:
    """Apply what was seen of an instruction; True if it changed anything.

    Raises `Broken` when the provider's thing is not what we asked for.
    """
    return apply_to(locked(instruction_id), seen, now)


@step
def apply_to(instruction: Instruction, seen: Seen, now: datetime) -> bool:
    """Apply what was seen of an instruction that is still as it was when it was locked."""
    state, seen = State(instruction.state), _as_booked(seen)
    if seen.standing is Standing.RETURNED:
        return _return(instruction, seen, now)
    if state in ENDS:
        return False
    _must_match(instruction, seen)
    if seen.standing is Standing.OPEN and state is State.SENT:
        return _accept(instruction, seen, now)
    target = move(instruction, _MOVES[seen.standing], by=PROVIDER, at=now, reason=seen.reason)
    if target is State.SENT:
        return _accept(instruction, seen, now)
    at = seen.at or now
    _finish(instruction, target, at, seen)
    effects.follow(instruction, target, at, ref=seen.payment_ref or seen.ref, reason=seen.reason)
    return True


@step
def end(instruction_id: UUID, reason: str, now: datetime, *, officer: Actor | None = None) -> bool:
    """End an instruction of which the provider knows nothing; an `officer` may give it up."""
    instruction = locked(instruction_id)
    state = State(instruction.state)
    if state in ENDS or instruction.provider_ref is not None:
        return False  # a notice that the provider has it was faster than its refusal
    unsent = state is State.PLANNED
    verb, by = (Move.EXPIRE, CLOCK) if unsent else (Move.FAIL, PROVIDER)
    if officer is not None:
        verb, by = Move.GIVE_UP, officer
    target = move(instruction, verb, by=by, at=now, reason=reason)
    _finish(instruction, target, now, None, reason)
    effects.follow(instruction, target, now, reason=reason)
    return True


@step
def move(instruction: Instruction, verb: Move, *, by: Actor, at: datetime, reason: str) -> State:
    """Return where `verb` leads and write it into the trail; `IllegalMove` if it leads nowhere."""
    return transitions.go(
        INSTRUCTION, instruction.id, instruction.state, verb,
        by=by.roles, actor=by, at=at, reason=reason or None,
    )  # fmt: skip


@step
def locked(instruction_id: UUID) -> Instruction:
    """Return an instruction, locked until the end of the transaction."""
    found = row(f"{SELECT} WHERE id = %(id)s FOR UPDATE", {"id": instruction_id}, into=Instruction)
    if found is None:
        raise NotFound(str(instruction_id))
    return found


def _as_booked(seen: Seen) -> Seen:
    """A payout has left when the provider has it, whatever becomes of it: so says its statement."""
    if seen.kind is not Kind.PAYOUT:
        return seen
    left = {Standing.OPEN: Standing.SUCCEEDED, Standing.FAILED: Standing.RETURNED}
    return replace(seen, standing=left.get(seen.standing, seen.standing))


@step
def _return(instruction: Instruction, seen: Seen, now: datetime) -> bool:
    """What had succeeded came back; where its success is news too, that comes first."""
    if instruction.state == State.RETURNED:
        return False
    succeeded = replace(seen, standing=Standing.SUCCEEDED, reason="")
    apply_to(instruction, succeeded, now)
    known = locked(instruction.id)
    _must_match(known, seen)
    target = move(known, Move.RETURN, by=PROVIDER, at=now, reason=seen.reason)
    at = seen.at or now
    execute(
        "UPDATE escrow_instruction SET state = %(state)s, returned_at = %(at)s,"
        " last_error = %(reason)s WHERE id = %(id)s",
        {"state": target, "at": at, "reason": seen.reason or None, "id": known.id},
    )
    effects.follow(known, target, at, ref=seen.ref, reason=seen.reason)
    return True


def _must_match(instruction: Instruction, seen: Seen) -> None:
    asked = (instruction.kind, instruction.operation_id, instruction.amount)
    if asked != (seen.kind, seen.operation_id, seen.amount):
        raise Broken(f"{instruction.operation_id} is another thing at the provider: {seen.ref}")
    if instruction.provider_ref not in {None, seen.ref}:
        raise Broken(f"{instruction.operation_id} exists twice at the provider: {seen.ref}")


def _accept(instruction: Instruction, seen: Seen, now: datetime) -> bool:
    """The provider has it; look again by ourselves, should its notice get lost."""
    execute(_ACCEPT, _accepted(instruction, seen, now))
    return instruction.provider_ref is None


def _accepted(instruction: Instruction, seen: Seen, now: datetime) -> dict[str, object]:
    look = now + LOOK_AGAIN
    if instruction.expires_at is not None:
        look = max(instruction.expires_at, now) + LOOK_AFTER_EXPIRY
    return {
        "id": instruction.id,
        "ref": seen.ref,
        "payment": seen.payment_ref,
        "url": seen.url,
        "now": now,
        "look": look,
    }


def _finish(
    instruction: Instruction, state: State, at: datetime, seen: Seen | None, reason: str = ""
) -> None:
    execute(
        """
        UPDATE escrow_instruction SET state = %(state)s, finished_at = %(at)s,
            provider_ref = coalesce(%(ref)s, provider_ref), url = coalesce(%(url)s, url),
            payment_ref = coalesce(%(payment)s, payment_ref),
            method = coalesce(%(method)s, method), leave_by = %(leave_by)s, lease_until = NULL,
            not_before = NULL, last_error = %(reason)s
        WHERE id = %(id)s
        """,
        {
            "id": instruction.id,
            "state": state,
            "at": at,
            "ref": seen.ref if seen else None,
            "url": seen.url if seen else None,
            "payment": seen.payment_ref if seen else None,
            "method": (seen.method or None) if seen else None,
            "leave_by": _leave_by(instruction, state, at, seen),
            "reason": (seen.reason if seen else reason) or None,
        },
    )


def _leave_by(
    instruction: Instruction, state: State, at: datetime, seen: Seen | None
) -> date | None:
    """Return the day by which a payment that was made just now must have left the provider."""
    if state is not State.SUCCEEDED or Kind(instruction.kind) not in PAYMENTS:
        return None
    method = (seen.method if seen else "") or instruction.method
    return gateway.current().terms.limits.leave_by(at.astimezone(UTC).date(), method).by
