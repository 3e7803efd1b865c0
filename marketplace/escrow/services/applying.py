"""Makes true here what is true at the provider: state, ledger, event, in one transaction.

The provider's word may come as a direct answer, a webhook or a read-back, in any order and any
number of times. It is applied once: an instruction that has come to its end does not move.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow.events import (
    CheckoutExpired,
    CheckoutPaid,
    RefundFailed,
    RefundSettled,
    TransferFailed,
    TransferSettled,
)
from marketplace.escrow.gateway import Seen, Standing
from marketplace.escrow.queries import SELECT, Instruction
from marketplace.escrow.services import booking
from marketplace.escrow.states import ENDS, INSTRUCTION, Kind, Move, State
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import execute, row
from marketplace.infra.events import announce
from marketplace.kernel.actors import CLOCK, PROVIDER, Actor
from marketplace.kernel.errors import Broken, NotFound

LOOK_AGAIN: Final = timedelta(hours=1)
LOOK_AFTER_EXPIRY: Final = timedelta(minutes=1)

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
def give_up(instruction_id: UUID, reason: str, now: datetime) -> bool:
    """The provider will never do it, or it came too late; True if that is news."""
    return end(instruction_id, reason, now)


@step
def apply(instruction_id: UUID, seen: Seen, now: datetime) -> bool:
    """Apply what was seen of an instruction; True if it changed anything.

    Raises `Broken` when the provider's thing is not what we asked for.
    """
    instruction = locked(instruction_id)
    state = State(instruction.state)
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
    _EFFECTS[Kind(instruction.kind), target](instruction, at, seen.payment_ref or seen.ref, seen.reason)  # fmt: skip  # noqa: E501
    return True


@step
def end(instruction_id: UUID, reason: str, now: datetime) -> bool:
    """End an instruction of which the provider knows nothing."""
    instruction = locked(instruction_id)
    state = State(instruction.state)
    if state in ENDS or instruction.provider_ref is not None:
        return False  # a notice that the provider has it was faster than its refusal
    unsent = state is State.PLANNED
    verb, by = (Move.EXPIRE, CLOCK) if unsent else (Move.FAIL, PROVIDER)
    target = move(instruction, verb, by=by, at=now, reason=reason)
    _finish(instruction, target, now, None, reason)
    _EFFECTS[Kind(instruction.kind), target](instruction, now, "", reason)
    return True


@step
def move(instruction: Instruction, verb: Move, *, by: Actor, at: datetime, reason: str) -> State:
    """Return where `verb` leads and write it into the trail; `IllegalMove` if it leads nowhere."""
    source = State(instruction.state)
    target = INSTRUCTION.go(source, verb, by=by.roles)
    transitions.record(
        INSTRUCTION.name,
        instruction.id,
        move=verb,
        from_state=source,
        to_state=target,
        actor=by,
        at=at,
        reason=reason or None,
    )
    return target


@step
def locked(instruction_id: UUID) -> Instruction:
    """Return an instruction, locked until the end of the transaction."""
    found = row(f"{SELECT} WHERE id = %(id)s FOR UPDATE", {"id": instruction_id}, into=Instruction)
    if found is None:
        raise NotFound(str(instruction_id))
    return found


def _must_match(instruction: Instruction, seen: Seen) -> None:
    asked = (instruction.kind, instruction.operation_id, instruction.amount)
    if asked != (seen.kind, seen.operation_id, seen.amount):
        raise Broken(f"{instruction.operation_id} is another thing at the provider: {seen.ref}")
    if instruction.provider_ref not in {None, seen.ref}:
        raise Broken(f"{instruction.operation_id} exists twice at the provider: {seen.ref}")


def _accept(instruction: Instruction, seen: Seen, now: datetime) -> bool:
    """The provider has it; look again by ourselves, should its notice get lost."""
    look = now + LOOK_AGAIN
    if instruction.expires_at is not None:
        look = max(instruction.expires_at, now) + LOOK_AFTER_EXPIRY
    execute(
        """
        UPDATE escrow_instruction SET state = 'sent', provider_ref = %(ref)s,
            payment_ref = coalesce(%(payment)s, payment_ref), url = coalesce(%(url)s, url),
            sent_at = coalesce(sent_at, %(now)s), lease_until = NULL, not_before = %(look)s,
            last_error = NULL
        WHERE id = %(id)s
        """,
        {"id": instruction.id, "ref": seen.ref, "payment": seen.payment_ref, "url": seen.url,
         "now": now, "look": look},
    )  # fmt: skip
    return instruction.provider_ref is None


def _finish(
    instruction: Instruction, state: State, at: datetime, seen: Seen | None, reason: str = ""
) -> None:
    execute(
        """
        UPDATE escrow_instruction SET state = %(state)s, finished_at = %(at)s,
            provider_ref = coalesce(%(ref)s, provider_ref), url = coalesce(%(url)s, url),
            payment_ref = coalesce(%(payment)s, payment_ref), lease_until = NULL,
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
            "reason": (seen.reason if seen else reason) or None,
        },
    )


def _charged(instruction: Instruction, at: datetime, ref: str, _reason: str) -> None:
    booking.book_charge(instruction, at)
    announce(
        CheckoutPaid(
            instruction.id,
            instruction.purpose,
            instruction.subject_id,
            _person(instruction),
            instruction.amount_minor,
            instruction.currency,
            ref,
            at,
        )
    )


def _not_charged(instruction: Instruction, _at: datetime, _ref: str, _reason: str) -> None:
    announce(CheckoutExpired(instruction.id, instruction.purpose, instruction.subject_id))


def _refunded(instruction: Instruction, at: datetime, ref: str, _reason: str) -> None:
    booking.settle_outgoing(instruction, at)
    announce(
        RefundSettled(
            instruction.id,
            _of(instruction),
            instruction.purpose,
            instruction.subject_id,
            instruction.amount_minor,
            instruction.currency,
            ref,
            at,
        )
    )


def _not_refunded(instruction: Instruction, at: datetime, _ref: str, reason: str) -> None:
    booking.void_outgoing(instruction, at)
    announce(
        RefundFailed(
            instruction.id,
            _of(instruction),
            instruction.purpose,
            instruction.subject_id,
            instruction.amount_minor,
            instruction.currency,
            reason,
        )
    )


def _transferred(instruction: Instruction, at: datetime, ref: str, _reason: str) -> None:
    booking.settle_outgoing(instruction, at)
    announce(
        TransferSettled(
            instruction.id,
            instruction.purpose,
            instruction.subject_id,
            _person(instruction),
            instruction.amount_minor,
            instruction.currency,
            ref,
            at,
        )
    )


def _not_transferred(instruction: Instruction, at: datetime, _ref: str, reason: str) -> None:
    booking.void_outgoing(instruction, at)
    announce(
        TransferFailed(
            instruction.id,
            instruction.purpose,
            instruction.subject_id,
            _person(instruction),
            instruction.amount_minor,
            instruction.currency,
            reason,
        )
    )


def _topped_up(instruction: Instruction, at: datetime, _ref: str, _reason: str) -> None:
    booking.book_top_up(instruction, at)


def _nothing(_instruction: Instruction, _at: datetime, _ref: str, _reason: str) -> None:
    """No money was set aside and nobody waits for it."""


_EFFECTS: Final[dict[tuple[Kind, State], Callable[[Instruction, datetime, str, str], None]]] = {
    (Kind.CHECKOUT, State.SUCCEEDED): _charged,
    (Kind.CHECKOUT, State.EXPIRED): _not_charged,
    (Kind.CHECKOUT, State.FAILED): _not_charged,
    (Kind.REFUND, State.SUCCEEDED): _refunded,
    (Kind.REFUND, State.FAILED): _not_refunded,
    (Kind.TRANSFER, State.SUCCEEDED): _transferred,
    (Kind.TRANSFER, State.FAILED): _not_transferred,
    (Kind.TOP_UP, State.SUCCEEDED): _topped_up,
    (Kind.TOP_UP, State.FAILED): _nothing,
}


def _person(instruction: Instruction) -> UUID:
    if instruction.person_id is None:
        raise Broken(f"{instruction.operation_id} concerns nobody")
    return instruction.person_id


def _of(instruction: Instruction) -> UUID:
    if instruction.of_id is None:
        raise Broken(f"{instruction.operation_id} gives nothing back")
    return instruction.of_id
