"""What the provider says about parts of pledges and about tranches. Each may be told twice."""

from __future__ import annotations

from marketplace.campaigns.services import part_refunds, tranches
from marketplace.escrow.events import (
    RefundFailed,
    RefundReturned,
    RefundSettled,
    TransferFailed,
    TransferReturned,
    TransferSettled,
)
from marketplace.escrow.queries import disputes
from marketplace.kernel import clock


def note_refund(event: RefundSettled) -> None:
    """A part of a pledge went back."""
    if event.purpose == part_refunds.PURPOSE:
        part_refunds.mark_returned(event.subject_id, clock.now())


def keep_failed_refund(event: RefundFailed) -> None:
    """Put a part in the backer's wallet that the means of payment did not take back."""
    if event.purpose == part_refunds.PURPOSE and not disputes.keeps_refund(event.of_id):
        part_refunds.to_wallet(event.subject_id, event.instruction_id, clock.now())


def take_returned_refund(event: RefundReturned) -> None:
    """Put a part in the backer's wallet whose refund had arrived and came back."""
    if event.purpose == part_refunds.PURPOSE:
        part_refunds.take_returned(event.subject_id, event.instruction_id, clock.now())


def note_tranche(event: TransferSettled) -> None:
    """A sponsor has a tranche."""
    if event.purpose == tranches.PURPOSE:
        tranches.mark_paid(event.subject_id, instruction_id=event.instruction_id, now=clock.now())


def take_back_tranche(event: TransferFailed | TransferReturned) -> None:
    """A tranche could not be paid, or came back: it is payable again."""
    if event.purpose == tranches.PURPOSE:
        tranches.take_back(event.subject_id, instruction_id=event.instruction_id, now=clock.now())
