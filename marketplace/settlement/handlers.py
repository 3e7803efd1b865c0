"""Settlement does not wait for its timetable where a fact makes something due at once."""

from __future__ import annotations

from marketplace.campaigns.events.changes import BackerLeft
from marketplace.campaigns.events.parts import FulfilmentAccepted, ObjectionDecided
from marketplace.campaigns.events.suspending import (
    CampaignSuspended,
    EndAgreed,
    SuspensionLifted,
)
from marketplace.escrow.events import (
    DisputeClosed,
    MoneyTakenBack,
    PayeeReady,
    ReversalFailed,
    ReversalSettled,
    TryAgainAsked,
)
from marketplace.escrow.services import recovering
from marketplace.infra.database import column
from marketplace.kernel import clock
from marketplace.loans.events import DisbursementApproved, LoanFunded
from marketplace.settlement import (
    charging_back,
    funding_closing,
    holding,
    inspecting,
    payouts,
    reconfirming,
    stopping,
    tranches,
)


def close_funding(event: LoanFunded) -> None:
    """Close the books of a full loan: notes for its lenders, the money set aside."""
    funding_closing.close_funding(event.loan_id, clock.now())


def pay_out_approved(event: DisbursementApproved) -> None:
    """Pay a borrower whose payout two officers have approved, at once."""
    funding_closing.disburse(event.loan_id, clock.now(), insisting=True)


def try_payout_again(event: TryAgainAsked) -> None:
    """Plan the next try of a payout that failed, however often it has."""
    if event.purpose == "release":
        payouts.repeat_payout(event.subject_id)
    elif event.purpose == "tranche":
        tranches.pay_again(event.subject_id, clock.now())
    elif event.purpose == "disbursement":
        funding_closing.disburse(event.subject_id, clock.now(), insisting=True)


def pay_out_waiting(event: PayeeReady) -> None:
    """Pay out the loans that only waited for this."""
    waiting = column(
        "SELECT id FROM loan WHERE borrower_id = %s AND state = 'funded'", (event.person_id,)
    )
    for loan_id in waiting:
        funding_closing.disburse(loan_id, clock.now())


def look_at_holdback(event: FulfilmentAccepted | ObjectionDecided) -> None:
    """Release, or send back, what a backer or two officers have decided about."""
    inspecting.look_at(event.campaign_id, clock.now())


def recover_loss(event: MoneyTakenBack) -> None:
    """Charge the loss of a disputed payment to who had its money."""
    charging_back.recover(event.dispute_id, clock.now())


def undo_recovery(event: DisputeClosed) -> None:
    """Give everybody back what they were charged for a dispute that was won."""
    if event.won:
        charging_back.recover(event.dispute_id, clock.now())


def note_reversal(event: ReversalSettled) -> None:
    """A transfer was taken back from its payee: so much of the loss is recovered."""
    _note_reversal(event, landed=True)


def note_failed_reversal(event: ReversalFailed) -> None:
    """A payee no longer had what was to be taken back: it stays our loss."""
    _note_reversal(event, landed=False)


def _note_reversal(event: ReversalSettled | ReversalFailed, *, landed: bool) -> None:
    if event.purpose == recovering.PURPOSE:
        charging_back.note_reversal(event.instruction_id, landed=landed, now=clock.now())
        charging_back.recover(event.subject_id, clock.now())


def send_stranded_on(event: PayeeReady) -> None:
    """Pay out at once what nobody had been found to take."""
    holding.send_on(event.person_id, clock.now())


def shut_pages(event: CampaignSuspended) -> None:
    """Let nobody go on to pay a campaign that is suspended."""
    stopping.shut_pages(event.campaign_id)


def pay_out_lifted(event: SuspensionLifted) -> None:
    """Plan the payout again that a suspension had called off."""
    payouts.repeat_payout(event.campaign_id)


def let_go(event: BackerLeft) -> None:
    """Give the pledge of a backer who left after a change back at once."""
    reconfirming.settle_campaign(event.campaign_id, clock.now())


def stop_ended(event: EndAgreed) -> None:
    """Give everything of an ended campaign back at once."""
    stopping.stop_campaign(event.campaign_id, clock.now())
