"""A disputed payment for a commitment, a bill or a wallet: who bears its loss, and how it ends."""

from __future__ import annotations

from datetime import datetime

from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import Instruction
from marketplace.escrow.queries.disputes import Dispute
from marketplace.escrow.services import recovering
from marketplace.escrow.states import Kind, State
from marketplace.infra.commands import step
from marketplace.infra.events import announce
from marketplace.kernel.errors import Broken
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.loans.events import DisputeGivenBack, WalletOwes
from marketplace.loans.models import Loan, Receipt
from marketplace.loans.services import charging_back, investing, receipts, returning_payments
from marketplace.loans.services.moving import escrow_of, locked_loan
from marketplace.loans.states import CommitmentState, OrderState
from marketplace.settlement import distribution
from marketplace.settlement.charged_pledges import take_whole
from marketplace.settlement.rules import Route


@step
def standing_of_commitment(dispute: Dispute) -> str:
    """Return how the commitment stands that was paid, locked."""
    commitment, _loan = charging_back.pair(dispute.subject_id)
    if commitment.instruction_id != dispute.instruction_id:
        return "untold"
    state = CommitmentState(commitment.state)
    if state is CommitmentState.REFUNDED:
        return _gone_back(dispute)
    untold = state in {CommitmentState.AWAITING_PAYMENT, CommitmentState.EXPIRED}
    return "untold" if untold else state.value


@step
def standing_of_payment(dispute: Dispute) -> str:
    """Return how the payment of a bill, or one made early, stands, while nobody shares it."""
    distribution.have_the_road()
    receipt = receipts.of_instruction(dispute.instruction_id)
    if receipt is not None:
        locked_loan(receipt.loan_id)
        return "paid" if receipt.distributed_at is None else "shared"
    if any(each.route == Route.BILL for each in recovering.taken(dispute)):
        return "charged_back"
    return _gone_back(dispute)


@step
def standing_of_order(dispute: Dispute) -> str:
    """Return how the top-up of a wallet stands, locked."""
    order = charging_back.order(dispute.subject_id)
    return "done" if order.state == OrderState.DONE else "untold"


@step
def charge(dispute: Dispute, route: Route, now: datetime) -> bool:
    """Recover the loss by `route`; False where it must be looked at again."""
    if route is Route.WALLET:
        return charge_wallet(dispute, now)
    if route is Route.BILL:
        return _charge_payment(dispute, now)
    return _charge_escrow(dispute, now)


@step
def charge_wallet(dispute: Dispute, now: datetime) -> bool:
    """Charge the payer's wallet as far as it holds; False until all is recovered."""
    if dispute.recovery == "due":
        announce(WalletOwes(dispute.person_id, dispute.id))
    wallet = _wallet(dispute)
    recovering.charge(
        dispute, route=Route.WALLET, account=wallet, most=dispute.amount, back_to=wallet,
        person_id=dispute.person_id, now=now,
    )  # fmt: skip
    return not recovering.locked(dispute.id).loss.is_positive


@step
def undo(dispute: Dispute, now: datetime) -> None:
    """The dispute was won: everybody has again what they had, as far as that can be."""
    took = recovering.taken(dispute)
    if any(each.route == Route.BILL for each in took):
        if not _pay_again(dispute, now):
            announce(DisputeGivenBack(dispute.person_id, dispute.id))
        return
    recovering.give_back(dispute, now)
    if dispute.purpose == "commitment":
        _end_commitment(dispute, now)
    elif dispute.purpose in returning_payments.PURPOSES and (refund := _refused_refund(dispute)):
        returning_payments.keep(refund.id, amount=refund.amount, now=now)
    if took:
        announce(DisputeGivenBack(dispute.person_id, dispute.id))


@step
def _end_commitment(dispute: Dispute, now: datetime) -> None:
    commitment, loan = charging_back.pair(dispute.subject_id)
    if commitment.state == CommitmentState.CHARGED_BACK:
        charging_back.give_up(commitment, now)
    elif commitment.state == CommitmentState.REFUNDING and (refund := _refused_refund(dispute)):
        investing.keep_refund(commitment, loan, refund.id, amount=refund.amount, now=now)


def _refused_refund(dispute: Dispute) -> Instruction | None:
    """Return a refund the provider refused because of the dispute, and nobody has made good."""
    refunds = [
        each for each in escrow.following(dispute.instruction_id) if each.kind == Kind.REFUND
    ]
    failed = [each for each in refunds if each.state == State.FAILED]
    return failed[-1] if failed and not recovering.taken(dispute) else None


@step
def _charge_escrow(dispute: Dispute, now: datetime) -> bool:
    """End what the payment was for: its money leaves the loan's escrow."""
    if not recovering.stop_refunds(dispute, now):
        return False
    if dispute.purpose == "commitment":
        commitment, loan = charging_back.pair(dispute.subject_id)
        _take(dispute, loan, now)
        charging_back.charge_back(commitment, loan, dispute.id, now)
    else:
        _take(dispute, locked_loan(returning_payments.loan_of(dispute.instruction_id)), now)
    return True


@step
def _charge_payment(dispute: Dispute, now: datetime) -> bool:
    """Take a payment out again: all it settled is due, whatever its bank left of it."""
    receipt = receipts.of_instruction(dispute.instruction_id)
    if receipt is None:
        raise Broken(f"dispute {dispute.id} is about no payment of a loan")
    paid = Money(dispute.paid_minor, dispute.currency)
    source = escrow_of(locked_loan(receipt.loan_id))
    take_whole(dispute, paid, route=Route.BILL, source=source, wallet=_wallet(dispute), now=now)
    charging_back.reopen(receipt, dispute.id, now)
    return True


@step
def _pay_again(dispute: Dispute, now: datetime) -> bool:
    """Let a won payment settle what it had, should that still be due; else it is the wallet's."""
    receipt = receipts.first_of_instruction(dispute.instruction_id)
    if receipt is None:
        raise Broken(f"dispute {dispute.id} is about no payment of a loan")
    loan = locked_loan(receipt.loan_id)
    again = _is_still_due(receipt, loan) and dispute.amount_minor >= dispute.paid_minor
    if again:
        recovering.redirect(dispute, back_to=escrow_of(loan), person_id=None)
    recovering.give_back(dispute, now)
    if again:
        charging_back.pay_again(receipt, dispute.id, now)
    return again


def _is_still_due(receipt: Receipt, loan: Loan) -> bool:
    """Whether what a payment had settled is open: its bill, or, paid early, the loan."""
    if receipt.bill_id is None:
        return loan.settled_on is None
    return charging_back.bill(receipt.bill_id).paid_at is None


@step
def _take(dispute: Dispute, loan: Loan, now: datetime) -> None:
    paid = Money(dispute.paid_minor, dispute.currency)
    take_whole(dispute, paid, source=escrow_of(loan), wallet=_wallet(dispute), now=now)


def _gone_back(dispute: Dispute) -> str:
    """Return how a payment stands that is not, or no longer, what its subject was paid with."""
    refunds = [
        each for each in escrow.following(dispute.instruction_id) if each.kind == Kind.REFUND
    ]
    if not refunds:
        return "untold"
    last = State(refunds[-1].state)
    if last is State.SUCCEEDED:
        return "refunded"
    if any(each.route == Route.ESCROW for each in recovering.taken(dispute)):
        return "charged_back"
    kept = ledger_queries.trail([f"loans.refund_to_wallet:{refunds[-1].id}"])
    return "in_wallet" if kept else "surplus"


def _wallet(dispute: Dispute) -> int:
    return ledger.account("person:wallet", dispute.currency, dispute.person_id)
