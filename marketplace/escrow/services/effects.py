"""What follows from an instruction's new state: its ledger recipe, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow.events import (
    ChargeFailed,
    CheckoutExpired,
    CheckoutPaid,
    MeansSaved,
    RefundFailed,
    RefundReturned,
    RefundSettled,
    ReversalFailed,
    ReversalSettled,
    SetupExpired,
    TransferFailed,
    TransferReturned,
    TransferSettled,
)
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import booking
from marketplace.escrow.states import Kind, State
from marketplace.infra.commands import step
from marketplace.infra.events import announce
from marketplace.kernel.errors import Broken


@step
def follow(
    instruction: Instruction, state: State, at: datetime, *, ref: str = "", reason: str = ""
) -> None:
    """Book and announce what it means that an instruction has come to `state`.

    `Broken` where its kind cannot come there.
    """
    effect = _EFFECTS.get((Kind(instruction.kind), state))
    if effect is None:
        raise Broken(f"{instruction.operation_id}: a {instruction.kind} cannot be {state}")
    effect(instruction, at, ref, reason)


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


def _saved(instruction: Instruction, at: datetime, _ref: str, _reason: str) -> None:
    announce(
        MeansSaved(
            instruction.id,
            instruction.purpose,
            instruction.subject_id,
            _person(instruction),
            instruction.amount_minor,
            instruction.currency,
            at,
        )
    )


def _not_saved(instruction: Instruction, _at: datetime, _ref: str, _reason: str) -> None:
    announce(SetupExpired(instruction.id, instruction.purpose, instruction.subject_id))


def _declined(instruction: Instruction, _at: datetime, _ref: str, reason: str) -> None:
    announce(
        ChargeFailed(
            instruction.id,
            _of(instruction),
            instruction.purpose,
            instruction.subject_id,
            _person(instruction),
            instruction.amount_minor,
            instruction.currency,
            reason,
        )
    )


def _refund_returned(instruction: Instruction, at: datetime, _ref: str, reason: str) -> None:
    booking.book_return(instruction, at)
    announce(
        RefundReturned(
            instruction.id,
            _of(instruction),
            instruction.purpose,
            instruction.subject_id,
            instruction.amount_minor,
            instruction.currency,
            reason,
            at,
        )
    )


def _transfer_returned(instruction: Instruction, at: datetime, _ref: str, reason: str) -> None:
    booking.book_return(instruction, at)
    announce(
        TransferReturned(
            instruction.id,
            instruction.purpose,
            instruction.subject_id,
            _person(instruction),
            instruction.amount_minor,
            instruction.currency,
            reason,
            at,
        )
    )


def _reversed(instruction: Instruction, at: datetime, _ref: str, _reason: str) -> None:
    booking.book_reversal(instruction, at)
    announce(
        ReversalSettled(
            instruction.id,
            _of(instruction),
            instruction.purpose,
            instruction.subject_id,
            instruction.amount_minor,
            instruction.currency,
            at,
        )
    )


def _not_reversed(instruction: Instruction, _at: datetime, _ref: str, reason: str) -> None:
    announce(
        ReversalFailed(
            instruction.id,
            _of(instruction),
            instruction.purpose,
            instruction.subject_id,
            instruction.amount_minor,
            instruction.currency,
            reason,
        )
    )


def _paid_out(instruction: Instruction, at: datetime, _ref: str, _reason: str) -> None:
    booking.settle_outgoing(instruction, at)


def _not_paid_out(instruction: Instruction, at: datetime, _ref: str, _reason: str) -> None:
    booking.void_outgoing(instruction, at)


def _payout_returned(instruction: Instruction, at: datetime, _ref: str, _reason: str) -> None:
    booking.book_return(instruction, at)


def _topped_up(instruction: Instruction, at: datetime, _ref: str, _reason: str) -> None:
    booking.book_top_up(instruction, at)


def _nothing(_instruction: Instruction, _at: datetime, _ref: str, _reason: str) -> None:
    """No money was set aside and nobody waits for it."""


_EFFECTS: Final[dict[tuple[Kind, State], Callable[[Instruction, datetime, str, str], None]]] = {
    (Kind.CHECKOUT, State.SUCCEEDED): _charged,
    (Kind.CHECKOUT, State.EXPIRED): _not_charged,
    (Kind.CHECKOUT, State.FAILED): _not_charged,
    (Kind.SETUP, State.SUCCEEDED): _saved,
    (Kind.SETUP, State.EXPIRED): _not_saved,
    (Kind.SETUP, State.FAILED): _not_saved,
    (Kind.CHARGE, State.SUCCEEDED): _charged,
    (Kind.CHARGE, State.FAILED): _declined,
    (Kind.CHARGE, State.EXPIRED): _declined,
    (Kind.REFUND, State.SUCCEEDED): _refunded,
    (Kind.REFUND, State.FAILED): _not_refunded,
    (Kind.REFUND, State.RETURNED): _refund_returned,
    (Kind.TRANSFER, State.SUCCEEDED): _transferred,
    (Kind.TRANSFER, State.FAILED): _not_transferred,
    (Kind.TRANSFER, State.RETURNED): _transfer_returned,
    (Kind.REVERSAL, State.SUCCEEDED): _reversed,
    (Kind.REVERSAL, State.FAILED): _not_reversed,
    (Kind.PAYOUT, State.SUCCEEDED): _paid_out,
    (Kind.PAYOUT, State.FAILED): _not_paid_out,
    (Kind.PAYOUT, State.RETURNED): _payout_returned,
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
