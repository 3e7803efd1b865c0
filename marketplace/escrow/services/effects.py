"""What follows from an instruction's new state: its ledger recipe, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, NamedTuple

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
    TopUpFailed,
    TopUpSettled,
    TransferFailed,
    TransferReturned,
    TransferSettled,
)
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import booking
from marketplace.escrow.states import Kind, State
from marketplace.infra.commands import step
from marketplace.infra.events import Event, announce
from marketplace.kernel.errors import Broken


class _Effect(NamedTuple):
    """The recipe that books a state, and the event that tells it; None for neither."""

    book: Callable[[Instruction, datetime], None] | None
    event: type[Event] | None


_EFFECTS: Final = {
    (Kind.CHECKOUT, State.SUCCEEDED): _Effect(booking.book_charge, CheckoutPaid),
    (Kind.CHECKOUT, State.EXPIRED): _Effect(None, CheckoutExpired),
    (Kind.CHECKOUT, State.FAILED): _Effect(None, CheckoutExpired),
    (Kind.SETUP, State.SUCCEEDED): _Effect(None, MeansSaved),
    (Kind.SETUP, State.EXPIRED): _Effect(None, SetupExpired),
    (Kind.SETUP, State.FAILED): _Effect(None, SetupExpired),
    (Kind.CHARGE, State.SUCCEEDED): _Effect(booking.book_charge, CheckoutPaid),
    (Kind.CHARGE, State.FAILED): _Effect(None, ChargeFailed),
    (Kind.CHARGE, State.EXPIRED): _Effect(None, ChargeFailed),
    (Kind.REFUND, State.SUCCEEDED): _Effect(booking.settle_outgoing, RefundSettled),
    (Kind.REFUND, State.FAILED): _Effect(booking.void_outgoing, RefundFailed),
    (Kind.REFUND, State.RETURNED): _Effect(booking.book_return, RefundReturned),
    (Kind.TRANSFER, State.SUCCEEDED): _Effect(booking.settle_outgoing, TransferSettled),
    (Kind.TRANSFER, State.FAILED): _Effect(booking.void_outgoing, TransferFailed),
    (Kind.TRANSFER, State.RETURNED): _Effect(booking.book_return, TransferReturned),
    (Kind.REVERSAL, State.SUCCEEDED): _Effect(booking.book_reversal, ReversalSettled),
    (Kind.REVERSAL, State.FAILED): _Effect(None, ReversalFailed),
    (Kind.PAYOUT, State.SUCCEEDED): _Effect(booking.settle_outgoing, None),
    (Kind.PAYOUT, State.FAILED): _Effect(booking.void_outgoing, None),
    (Kind.PAYOUT, State.RETURNED): _Effect(booking.book_return, None),
    (Kind.TOP_UP, State.SUCCEEDED): _Effect(booking.book_top_up, TopUpSettled),
    (Kind.TOP_UP, State.FAILED): _Effect(None, TopUpFailed),
}
# Of what concerns nobody, or gives nothing back, these cannot be told.
_NEEDED: Final = {"person_id": "concerns nobody", "of_id": "gives nothing back"}


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
    if effect.book is not None:
        effect.book(instruction, at)
    if effect.event is not None:
        announce(_told(effect.event, instruction, at, ref=ref, reason=reason))


def _told(
    event: type[Event], instruction: Instruction, at: datetime, *, ref: str, reason: str
) -> Event:
    """Return the event, its fields filled by their names from the instruction and the moment."""
    moment = {
        "instruction_id": instruction.id,
        "at": at,
        "paid_at": at,
        "saved_at": at,
        "provider_ref": ref,
        "reason": reason,
    }
    facts: dict[str, Any] = {
        name: moment[name] if name in moment else getattr(instruction, name)
        for name in (field.name for field in fields(event))
    }
    for name, trouble in _NEEDED.items():
        if name in facts and facts[name] is None:
            raise Broken(f"{instruction.operation_id} {trouble}")
    return event(**facts)
