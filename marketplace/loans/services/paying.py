"""The borrower pays a bill through the provider; settlement shares it among the lenders."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.escrow.queries import disputes
from marketplace.escrow.services import planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import PROVIDER, Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.loans.events import BillPaid
from marketplace.loans.models import Bill, Loan
from marketplace.loans.queries import autopay
from marketplace.loans.services.moving import locked_loan

_CHECKOUT_MINUTES: Final = 60


@command
def open_checkout(actor: Actor, bill_id: UUID, *, now: datetime) -> InstructionId:
    """Plan the checkout for the borrower's oldest open bill, and return it.

    A bill that is paid, one while an older one is open, and one that is just being charged to
    the saved card is refused.
    """
    bill = _locked(bill_id)
    if bill.borrower_id != actor.known():
        raise NotFound(str(bill_id))
    if bill.paid_at is not None:
        raise Refusal("bill_paid")
    if _older_open(bill):
        raise Refusal("bill_older_open")
    if autopay.is_under_way(bill.id):
        raise Refusal("bill_being_charged")
    loan = locked_loan(bill.loan_id)
    ref, loan_ref = public_id("bil", bill.id), public_id("ln", loan.id)
    bill.instruction_id = planning.plan_checkout(
        purpose="bill",
        subject_id=bill.id,
        person_id=bill.borrower_id,
        amount=bill.amount,
        credit_account=_escrow(loan),
        description=loan.title,
        return_path=f"/my/loans/{loan_ref}/bills/{ref}/return",
        cancel_path=f"/my/loans/{loan_ref}",
        expires_at=now + timedelta(minutes=_CHECKOUT_MINUTES),
        cause=f"loan:{loan.id}",
    )
    return InstructionId(bill.instruction_id)


@command
def mark_paid(bill_id: UUID, instruction_id: UUID, *, amount: Money, paid_at: datetime) -> None:
    """The provider holds the payment of a bill; a second payment of the same goes back whole."""
    bill = _locked(bill_id)
    if disputes.is_recovered(instruction_id):
        return  # news told again of a payment its bank has taken back since
    if bill.paid_at is None:
        bill.paid_at, bill.instruction_id = paid_at, instruction_id
        announce(BillPaid(bill.id, bill.loan_id, bill.borrower_id))
    elif bill.instruction_id != instruction_id:
        planning.plan_refund(
            of=InstructionId(instruction_id),
            subject_id=bill.id,
            amount=amount,
            debit_account=_escrow(locked_loan(bill.loan_id)),
            purpose="bill",
            cause=f"loan:{bill.loan_id}",
            reason="paid_twice",
            sequence=_refund_number(bill.id, instruction_id),
        )


@command
def overpaid_to_wallet(bill_id: UUID, refund_id: UUID, *, amount: Money, now: datetime) -> None:
    """What was paid twice could not go back to the means of payment: it goes to the wallet."""
    keep_overpaid(_locked(bill_id), refund_id, amount=amount, now=now)


@step
def keep_overpaid(bill: Bill, refund_id: UUID, *, amount: Money, now: datetime) -> None:
    """End the refund of a second payment in the borrower's wallet."""
    wallet = ledger.account("person:wallet", amount.currency, bill.borrower_id)
    ledger.post(
        f"loans.refund_to_wallet:{refund_id}",
        [Move(_escrow(locked_loan(bill.loan_id)), wallet, amount, "refund")],
        cause=f"loan:{bill.loan_id}",
        actor=PROVIDER.label,
        happened_at=now,
    )


@step
def _refund_number(bill_id: UUID, instruction_id: UUID) -> int:
    """Return which refund of the bill the payment's is; the same for the same payment."""
    sql = """
        SELECT coalesce(max(sequence) FILTER (WHERE of_id = %(of)s), max(sequence) + 1, 1)
        FROM escrow_instruction
        WHERE kind = 'refund' AND purpose = 'bill' AND subject_id = %(bill)s
    """
    return int(scalar(sql, {"of": instruction_id, "bill": bill_id}))


@step
def _locked(bill_id: UUID) -> Bill:
    query = select(Bill).where(Bill.id == bill_id).with_for_update()
    found = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(str(bill_id))
    return found


@step
def _older_open(bill: Bill) -> bool:
    query = select(Bill.id).where(
        Bill.loan_id == bill.loan_id, Bill.n < bill.n, Bill.paid_at.is_(None)
    )
    return db.session.scalars(query.limit(1)).first() is not None


def _escrow(loan: Loan) -> int:
    if loan.escrow_account is None:
        raise ValueError("a loan with bills has an account")
    return loan.escrow_account
