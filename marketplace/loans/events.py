"""What lending tells the floors above, in the transaction in which it happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class AutopayOn(Event):
    """A borrower saved a card from which bills are paid."""

    loan_id: UUID
    borrower_id: UUID
    mandate_id: UUID


@dataclass(frozen=True)
class ChargeAhead(Event):
    """A bill will be charged to the saved card; its borrower hears of it before."""

    bill_id: UUID
    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class BillDeclined(Event):
    """The saved card was not charged for a bill. `attempt` counts from one."""

    bill_id: UUID
    loan_id: UUID
    borrower_id: UUID
    attempt: int


@dataclass(frozen=True)
class VoucherUploaded(Event):
    """A borrower showed a payment made at a bank."""

    voucher_id: UUID
    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class VoucherDecided(Event):
    """What became of a voucher: it stands in `state` now. Its borrower hears of it."""

    voucher_id: UUID
    loan_id: UUID
    borrower_id: UUID
    state: str


@dataclass(frozen=True)
class LoanSubmitted(Event):
    """A borrower sent a request in."""

    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LoanReturned(Event):
    """The first reviewer needs more before a decision; the borrower is asked."""

    loan_id: UUID
    borrower_id: UUID
    message_id: UUID


@dataclass(frozen=True)
class DocumentMarked(Event):
    """A reviewer cannot use a paper and said why."""

    document_id: UUID
    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class MessageWritten(Event):
    """A borrower wrote to the reviewers, or one of them to the borrower."""

    message_id: UUID
    loan_id: UUID
    borrower_id: UUID
    side: str


@dataclass(frozen=True)
class LoanFirstPassed(Event):
    """The first reviewer passed a request on."""

    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LoanOffered(Event):
    """The second reviewer made an offer; the borrower decides."""

    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LoanDeclined(Event):
    """A reviewer declined, with a reason of the published list."""

    loan_id: UUID
    borrower_id: UUID
    reason_code: str


@dataclass(frozen=True)
class LoanListed(Event):
    """The borrower accepted; lenders can invest."""

    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LoanFunded(Event):
    """The last part was paid in."""

    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LoanDisbursed(Event):
    """The provider paid the borrower; the schedule runs from this day."""

    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LoanExpired(Event):
    """Not enough was lent in time; everything goes back."""

    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LoanUnwound(Event):
    """A funded loan's borrower could not be paid in time, or did not sign; everything goes back.

    `reason` is `borrower_unpaid`, `borrower_unsigned` or `called_off`.
    """

    loan_id: UUID
    borrower_id: UUID
    reason: str = "borrower_unpaid"


@dataclass(frozen=True)
class DisbursementApproved(Event):
    """Two officers agree that the borrower is paid; the payout is asked for."""

    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LoanPaidOff(Event):
    """The last instalment was shared out."""

    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class CommitmentReserved(Event):
    """A lender's money is held for a loan."""

    commitment_id: UUID
    loan_id: UUID
    lender_id: UUID


@dataclass(frozen=True)
class CommitmentConfirmed(Event):
    """A lender's reflection is over: the part is binding."""

    commitment_id: UUID
    loan_id: UUID
    lender_id: UUID


@dataclass(frozen=True)
class CommitmentWithdrawn(Event):
    """A lender thought better of a part within the reflection; it is free again."""

    commitment_id: UUID
    loan_id: UUID
    lender_id: UUID


@dataclass(frozen=True)
class CommitmentRefunded(Event):
    """A lender's money went back to the wallet or the means of payment."""

    commitment_id: UUID
    loan_id: UUID
    lender_id: UUID


@dataclass(frozen=True)
class BillIssued(Event):
    """A bill can be paid from now on."""

    bill_id: UUID
    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class PaymentReceived(Event):
    """A borrower's payment arrived, whole or in part of what is due, and has a receipt."""

    receipt_id: UUID
    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class BillLate(Event):
    """The due day passed without a payment."""

    bill_id: UUID
    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class RepaymentDistributed(Event):
    """A payment was shared among the lenders of a loan."""

    loan_id: UUID
    sequence: int


@dataclass(frozen=True)
class WithdrawalSettled(Event):
    """Wallet money reached its owner's bank."""

    order_id: UUID
    person_id: UUID


@dataclass(frozen=True)
class WithdrawalFailed(Event):
    """The bank did not take the money; it is in the wallet again."""

    order_id: UUID
    person_id: UUID


@dataclass(frozen=True)
class CommitmentChargedBack(Event):
    """A lender's bank took the payment of a commitment back; the part is free again."""

    commitment_id: UUID
    loan_id: UUID
    lender_id: UUID
    dispute_id: UUID


@dataclass(frozen=True)
class BillReopened(Event):
    """A borrower's bank took the payment of a bill back; it is due again."""

    bill_id: UUID
    loan_id: UUID
    borrower_id: UUID
    dispute_id: UUID


@dataclass(frozen=True)
class WalletOwes(Event):
    """A bank took back what was spent or shared long ago; its person's wallet is charged."""

    person_id: UUID
    dispute_id: UUID


@dataclass(frozen=True)
class DisputeGivenBack(Event):
    """A dispute was won: what its person was charged, or had paid, is in their wallet."""

    person_id: UUID
    dispute_id: UUID


@dataclass(frozen=True)
class RefundCameBack(Event):
    """A lender's or borrower's refund had arrived and came back; it is in the wallet."""

    person_id: UUID
    instruction_id: UUID
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class DisbursementCameBack(Event):
    """A loan had been paid out and its bank sent the money back."""

    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LoanQuestionAsked(Event):
    """A lender asked a borrower something about a loan, for everybody to read."""

    question_id: UUID
    loan_id: UUID
    borrower_id: UUID


@dataclass(frozen=True)
class LoanQuestionAnswered(Event):
    """The borrower answered."""

    question_id: UUID
    loan_id: UUID
    asker_id: UUID


@dataclass(frozen=True)
class LoanQuestionHidden(Event):
    """A member of staff took a question off the page, with a reason its asker reads."""

    question_id: UUID
    loan_id: UUID
    asker_id: UUID


@dataclass(frozen=True)
class AutoInvestOn(Event):
    """A lender's rule for auto-invest waits for orders from now on."""

    rule_id: UUID
    lender_id: UUID


@dataclass(frozen=True)
class LineGranted(Event):
    """A borrower accepted a credit line, or the renewal of one."""

    line_id: UUID
    borrower_id: UUID
    application_id: UUID


@dataclass(frozen=True)
class LineChanged(Event):
    """A credit line was lowered, frozen, opened again or closed; `reason` is the borrower's."""

    line_id: UUID
    borrower_id: UUID
    move: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class LineStatementWritten(Event):
    """The monthly statement of a credit line is there."""

    statement_id: UUID
    line_id: UUID
    borrower_id: UUID
