"""What becomes of a commitment or a bill whose payment a bank takes back, or gives back again.

Rows only; settlement moves the money.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.infra.commands import step
from marketplace.infra.database import db, execute
from marketplace.infra.events import announce, announce_all
from marketplace.kernel.actors import SETTLEMENT
from marketplace.loans.events import BillReopened, CommitmentChargedBack
from marketplace.loans.models import Bill, Commitment, Loan, Receipt, WalletOrder
from marketplace.loans.replay.events import Intent
from marketplace.loans.services import contracting, investing, receipts
from marketplace.loans.services.moving import (
    locked_loan,
    locked_pair,
    move_commitment,
    move_loan,
)
from marketplace.loans.services.receipts import Origin
from marketplace.loans.states import LoanState

_COUNT = """
    UPDATE loan SET lenders = (SELECT count(DISTINCT lender_id) FROM commitment
        WHERE loan_id = %(loan)s AND reserved_at IS NOT NULL)
    WHERE id = %(loan)s
"""


@step
def pair(commitment_id: UUID) -> tuple[Commitment, Loan]:
    """Return a commitment and its loan, both locked."""
    return locked_pair(commitment_id)


@step
def charge_back(commitment: Commitment, loan: Loan, dispute_id: UUID, now: datetime) -> None:
    """End a paid commitment: its money is gone, and others may lend its part.

    A loan that was full and whose books are open still is on the market again.
    """
    move_commitment(commitment, "charge_back", by=("settlement",), actor=SETTLEMENT, at=now)
    commitment.closed_at = now
    if commitment.reserved_at is not None:
        loan.reserved_minor -= commitment.amount_minor
        loan.committed_minor -= commitment.amount_minor
        commitment.reserved_at = None  # it tells no longer how far the funding came
    if loan.state == LoanState.FUNDED:
        move_loan(loan, "reopen", by=("settlement",), actor=SETTLEMENT, at=now)
        contracting.undo(loan, reason="charged_back", now=now)
        loan.funded_at = None
    db.session.flush()
    execute(_COUNT, {"loan": loan.id})
    db.session.refresh(loan)
    announce(CommitmentChargedBack(commitment.id, loan.id, commitment.lender_id, dispute_id))
    investing.close_if_refunded(loan.id, now=now)


@step
def give_up(commitment: Commitment, now: datetime) -> None:
    """A commitment that was charged back and whose money is in the lender's wallet now."""
    move_commitment(commitment, "settle", by=("settlement",), actor=SETTLEMENT, at=now)


@step
def bill(bill_id: UUID) -> Bill:
    """Return a bill, locked."""
    query = select(Bill).where(Bill.id == bill_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


@step
def order(order_id: UUID) -> WalletOrder:
    """Return a wallet order, locked."""
    query = select(WalletOrder).where(WalletOrder.id == order_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


@step
def reopen(receipt: Receipt, dispute_id: UUID, now: datetime) -> None:
    """Take a payment back that nobody has shared: what it had settled is due again."""
    found = receipts.reverse(receipt.id, at=now)
    borrower_id = locked_loan(receipt.loan_id).borrower_id
    bills = found.reopened or ((receipt.bill_id,) if receipt.bill_id else ())
    announce_all(
        [BillReopened(bill_id, receipt.loan_id, borrower_id, dispute_id) for bill_id in bills]
    )


@step
def pay_again(receipt: Receipt, dispute_id: UUID, now: datetime) -> None:
    """What a payment had settled is paid after all, from the day on which it was paid."""
    receipts.record(
        receipt.loan_id,
        Origin(receipt.source, dispute_id, receipt.instruction_id, bill_id=receipt.bill_id),
        amount=receipt.amount,
        effective_on=receipt.effective_on,
        received_at=now,
        intent=Intent(receipt.intent),
    )
