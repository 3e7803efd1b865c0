"""Money that had arrived and came back: from a borrower's bank, a wallet's, or a lender's card."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow import queries as escrow
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import PROVIDER
from marketplace.kernel.errors import Broken
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.loans.events import DisbursementCameBack, RefundCameBack, WithdrawalFailed
from marketplace.loans.models import Loan
from marketplace.loans.services import disbursing, wallet
from marketplace.loans.services.moving import locked_loan, move_loan
from marketplace.loans.states import LoanState, OrderState

REASON: Final = "came_back"


@command
def take_disbursement(loan_id: UUID, instruction_id: UUID, *, now: datetime) -> None:
    """A loan had been paid out and its borrower's bank sent the money back. Safe to repeat.

    While nothing of it is repaid, the loan waits to be paid out again and its schedule starts
    anew from that day: nobody pays interest on money they do not have. Once something is repaid
    the schedule stands, and the money is in the borrower's wallet.
    """
    loan = locked_loan(loan_id)
    if loan.state == LoanState.DISBURSING:
        move_loan(loan, "return", by=("provider",), actor=PROVIDER, at=now, reason=REASON)
    elif loan.state == LoanState.ACTIVE and not _is_repaid(loan.id):
        _unwrite_schedule(loan)
        move_loan(loan, "return", by=("provider",), actor=PROVIDER, at=now, reason=REASON)
        disbursing.take_off_table(loan.id, reason=REASON, now=now)
    elif loan.state in {LoanState.ACTIVE, LoanState.PAID_OFF}:
        _to_wallet(loan, instruction_id, now)
    else:
        return
    announce(DisbursementCameBack(loan.id, loan.borrower_id))


@command
def take_withdrawal(order_id: UUID, *, reason: str, now: datetime) -> None:
    """A withdrawal had arrived and came back; escrow has put it into the wallet again."""
    order = wallet.locked(order_id)
    if order.state not in {OrderState.WAITING, OrderState.DONE}:
        return
    order.reason = reason
    wallet.move(order, "fail" if order.state == OrderState.WAITING else "come_back", now)
    announce(WithdrawalFailed(order.id, order.person_id))


@command
def tell_refund(instruction_id: UUID) -> None:
    """Tell a lender or borrower that a refund of theirs came back and is in the wallet."""
    refund = escrow.instruction(instruction_id)
    if refund.person_id is not None:
        announce(RefundCameBack(refund.person_id, refund.id, refund.amount_minor, refund.currency))


def _is_repaid(loan_id: UUID) -> bool:
    """Whether something of the loan is repaid, or is on its way from the house's bank."""
    return bool(
        scalar(
            "SELECT EXISTS (SELECT FROM receipt WHERE loan_id = %(id)s) OR EXISTS (SELECT FROM bill"
            " WHERE loan_id = %(id)s AND instruction_id IN (SELECT id FROM escrow_instruction"
            " WHERE state = 'succeeded')) OR EXISTS (SELECT FROM voucher"
            " WHERE loan_id = %(id)s AND state = 'final')",
            {"id": loan_id},
        )
    )


@step
def _unwrite_schedule(loan: Loan) -> None:
    """Nothing was owed: the schedule and the bills issued from it never counted."""
    db.session.flush()
    execute("DELETE FROM bill WHERE loan_id = %(id)s", {"id": loan.id})
    execute("DELETE FROM instalment WHERE loan_id = %(id)s", {"id": loan.id})
    loan.disbursed_on = None


@step
def _to_wallet(loan: Loan, instruction_id: UUID, now: datetime) -> None:
    if loan.payable_account is None:
        raise Broken(f"loan {loan.id} was paid out of no account")
    wallet_account = ledger.account("person:wallet", loan.currency, loan.borrower_id)
    ledger.post(
        f"loans.disbursement_to_wallet:{instruction_id}",
        [Move(loan.payable_account, wallet_account, escrow.instruction(instruction_id).amount,
              "disbursement")],
        cause=f"loan:{loan.id}",
        actor=PROVIDER.label,
        happened_at=now,
    )  # fmt: skip
