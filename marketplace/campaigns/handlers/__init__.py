"""What campaigns do when the escrow provider has spoken. Each may be told twice."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from marketplace.campaigns.queries import pledges
from marketplace.campaigns.services import closing, pledging, promising, surplus
from marketplace.campaigns.services.pledging import Payment
from marketplace.escrow.events import (
    ChargeFailed,
    CheckoutExpired,
    CheckoutPaid,
    MeansSaved,
    RefundFailed,
    RefundReturned,
    RefundSettled,
    SetupExpired,
    TransferFailed,
    TransferReturned,
    TransferSettled,
)
from marketplace.escrow.queries import disputes
from marketplace.infra.events import at_once, only
from marketplace.kernel import clock
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money


@at_once
@only(purpose={"pledge"})
def take_in_payments(events: Sequence[CheckoutPaid]) -> None:
    """Pledges were paid: hold them, or send back what comes too late."""
    payments = [
        Payment(event.subject_id, event.instruction_id, event.paid_at)
        for event in events
        if event.purpose == "pledge"  # what was queued before may be about anything
    ]
    pledging.mark_all_paid(payments, clock.now())


def note_saved_card(event: MeansSaved) -> None:
    """A pledge is promised: its card will be charged if the goal is reached."""
    if event.purpose == "pledge":
        promising.mark_promised(event.subject_id, saved_at=event.saved_at, now=clock.now())


def note_decline(event: ChargeFailed) -> None:
    """A pledge's saved card was not charged: its backer can mend it."""
    if event.purpose == "pledge":
        promising.mark_declined(
            event.subject_id, event.instruction_id, reason=event.reason, now=clock.now()
        )


def give_up_checkout(event: CheckoutExpired | SetupExpired) -> None:
    """A pledge can no longer be paid, or its card saved: its reward goes back on the shelf."""
    if event.purpose == "pledge":
        pledging.mark_unpaid(event.subject_id, clock.now())


def note_refund(event: RefundSettled) -> None:
    """A pledge went back; the last one ends a campaign that missed its goal."""
    if event.purpose == surplus.PURPOSE:
        surplus.mark_returned(event.subject_id, at=event.at)
    if event.purpose != "pledge":
        return
    pledging.mark_refunded(event.subject_id, at=event.at, now=clock.now())
    _end_campaign_of(event.subject_id)


def keep_failed_refund(event: RefundFailed) -> None:
    """Put a pledge in the backer's wallet that the means of payment did not take back.

    Not while it is disputed: then it may be on its way back by the bank, and settlement decides.
    """
    if disputes.keeps_refund(event.of_id):
        return
    if event.purpose == surplus.PURPOSE:
        surplus.to_wallet(event.subject_id, event.instruction_id, now=clock.now())
    if event.purpose == "pledge":
        pledging.refund_to_wallet(event.subject_id, event.instruction_id, now=clock.now())
        _end_campaign_of(event.subject_id)


def take_returned_refund(event: RefundReturned) -> None:
    """Put a pledge in the backer's wallet whose refund had arrived and came back."""
    if event.purpose == surplus.PURPOSE:
        surplus.take_returned(event.subject_id, event.instruction_id, now=clock.now())
    if event.purpose == "pledge":
        pledging.take_returned(event.subject_id, event.instruction_id, now=clock.now())
        _end_campaign_of(event.subject_id)


def _end_campaign_of(pledge_id: UUID) -> None:
    pledge = pledges.pledge(pledge_id)
    if pledge.campaign_state == "unfunded":
        closing.finish_refunds(pledge.campaign_id, clock.now())


def note_payout(event: TransferSettled) -> None:
    """A sponsor has the money."""
    if event.purpose == "release":
        closing.mark_paid_out(
            event.subject_id,
            instruction_id=InstructionId(event.instruction_id),
            at=event.at,
            now=clock.now(),
        )


def note_failed_payout(event: TransferFailed) -> None:
    """A sponsor could not be paid: the money waits, settlement asks the provider again."""
    if event.purpose == "release":
        closing.tell_failed_payout(
            event.subject_id,
            instruction_id=InstructionId(event.instruction_id),
            amount=Money(event.amount_minor, event.currency),
        )


def take_returned_payout(event: TransferReturned) -> None:
    """A sponsor had the money and its bank sent it back: it waits to be sent again."""
    if event.purpose == "release":
        closing.take_returned_payout(
            event.subject_id,
            instruction_id=InstructionId(event.instruction_id),
            amount=Money(event.amount_minor, event.currency),
            now=clock.now(),
        )
