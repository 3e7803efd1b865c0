"""What lending does about facts of escrow. Every handler may be called any number of times."""

from __future__ import annotations

from marketplace.escrow.events import (
    ChargeFailed,
    CheckoutExpired,
    CheckoutPaid,
    MeansSaved,
    RefundFailed,
    RefundReturned,
    RefundSettled,
    SetupExpired,
    TopUpFailed,
    TopUpSettled,
    TransferFailed,
    TransferReturned,
    TransferSettled,
)
from marketplace.escrow.queries import disputes
from marketplace.infra.events import only
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.loans.events import LoanFunded
from marketplace.loans.services import (
    coming_back,
    contracting,
    investing,
    mandates,
    paying,
    prepaying,
    proving,
    returning_payments,
    servicing,
    wallet,
)


def draft_contract(event: LoanFunded) -> None:
    """Write the contract of a loan that is lent, for its borrower to sign."""
    contracting.draft(event.loan_id, clock.now())


@only(purpose={"commitment", "bill", prepaying.PURPOSE, "wallet"})
def take_in_payment(event: CheckoutPaid) -> None:
    """Count money a lender or borrower paid in."""
    amount = Money(event.amount_minor, event.currency)
    if event.purpose == "commitment":
        investing.mark_paid(event.subject_id, event.instruction_id, amount=amount, now=clock.now())
    elif event.purpose == "bill":
        paying.mark_paid(
            event.subject_id, event.instruction_id, amount=amount, paid_at=event.paid_at
        )
    elif event.purpose == prepaying.PURPOSE:
        prepaying.mark_paid(
            event.subject_id, event.instruction_id, amount=amount, paid_at=event.paid_at
        )
    elif event.purpose == "wallet":
        wallet.settle(event.subject_id, now=clock.now())


def credit_voucher(event: TopUpSettled) -> None:
    """Count a payment made at a bank once its money is with the provider."""
    if event.purpose == proving.PURPOSE:
        proving.credit(event.subject_id, event.instruction_id, now=clock.now())


def note_voucher_not_brought_in(event: TopUpFailed) -> None:
    """The provider did not get a voucher's money: officers look again."""
    if event.purpose == proving.PURPOSE:
        proving.not_brought_in(event.subject_id, reason=event.reason, now=clock.now())


def give_up_checkout(event: CheckoutExpired) -> None:
    """Give back what nobody paid for."""
    if event.purpose == "commitment":
        investing.expire(event.subject_id, now=clock.now())
    elif event.purpose == "wallet":
        wallet.expire(event.subject_id, now=clock.now())


def note_saved_card(event: MeansSaved) -> None:
    """Switch autopay on."""
    if event.purpose == mandates.PURPOSE:
        mandates.activate(event.subject_id, event.instruction_id, saved_at=event.saved_at)


def give_up_setup(event: SetupExpired) -> None:
    """Give up a mandate whose card nobody saved."""
    if event.purpose == mandates.PURPOSE:
        mandates.expire(event.subject_id, event.instruction_id, now=clock.now())


def note_decline(event: ChargeFailed) -> None:
    """A bill was not charged: its borrower can pay by hand."""
    if event.purpose == "bill":
        mandates.mark_declined(
            event.subject_id, event.instruction_id, reason=event.reason, now=clock.now()
        )


def note_refund(event: RefundSettled) -> None:
    """Note that a lender has the money back."""
    if event.purpose == "commitment":
        investing.mark_refunded(event.subject_id, now=clock.now())


def keep_failed_refund(event: RefundFailed) -> None:
    """Put money in the wallet that its owner's means of payment did not take back.

    Not while it is disputed: then it may be on its way back by the bank, and settlement decides.
    """
    if not disputes.keeps_refund(event.of_id):
        _to_wallet(event)


def take_returned_refund(event: RefundReturned) -> None:
    """Put a refund in its owner's wallet that had arrived and came back."""
    _to_wallet(event)
    if event.purpose == "commitment" or event.purpose in returning_payments.PURPOSES:
        coming_back.tell_refund(event.instruction_id)


def _to_wallet(event: RefundFailed | RefundReturned) -> None:
    amount = Money(event.amount_minor, event.currency)
    if event.purpose == "commitment":
        investing.refund_to_wallet(
            event.subject_id, event.instruction_id, amount=amount, now=clock.now()
        )
    elif event.purpose in returning_payments.PURPOSES:
        returning_payments.to_wallet(event.instruction_id, amount=amount, now=clock.now())


def note_transfer(event: TransferSettled) -> None:
    """Start a loan that was paid out; close a withdrawal that arrived."""
    if event.purpose == "disbursement":
        servicing.activate(event.subject_id, paid_at=event.at)
    elif event.purpose == "withdrawal":
        wallet.settle(event.subject_id, now=clock.now())


def note_failed_transfer(event: TransferFailed) -> None:
    """Keep a loan waiting whose payout failed; give a withdrawal back."""
    if event.purpose == "disbursement":
        servicing.disbursement_failed(event.subject_id, reason=event.reason, now=clock.now())
    elif event.purpose == "withdrawal":
        wallet.fail(event.subject_id, reason=event.reason, now=clock.now())


def take_returned_transfer(event: TransferReturned) -> None:
    """A borrower, or the owner of a wallet, had been paid and the money came back."""
    if event.purpose == "disbursement":
        coming_back.take_disbursement(event.subject_id, event.instruction_id, now=clock.now())
    elif event.purpose == "withdrawal":
        coming_back.take_withdrawal(event.subject_id, reason=event.reason, now=clock.now())
