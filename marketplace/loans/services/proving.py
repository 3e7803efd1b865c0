"""Officers prove a voucher: a line of the bank's statement, then one of them or two.

    uploaded ──▶ matched ──one is enough──▶ final ──money is at the provider──▶ credited
                    └──▶ confirmed ──by another──┘                                └──▶ reversed

Only then is the money brought to the provider, and only there does it count for the loan: no
voucher by itself ever pays a lender.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.escrow.services import booking, planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.infra.events import announce
from marketplace.kernel.actors import PROVIDER, Actor
from marketplace.kernel.errors import Broken, Refusal
from marketplace.loans.events import VoucherDecided
from marketplace.loans.models import CollectionLine, Loan, LoanProduct, Voucher
from marketplace.loans.services import receipts
from marketplace.loans.services.collecting_lines import locked_line, refuse_taken
from marketplace.loans.services.moving import escrow_of, locked_loan
from marketplace.loans.services.receipts import Origin
from marketplace.loans.services.vouchers import locked_voucher, move_voucher
from marketplace.loans.states import VOUCHER, VoucherState
from marketplace.loans.vouchers import officers_needed

PURPOSE: Final = "voucher"
_BY: Final = "finance_officer"


@command
def match(actor: Actor, voucher_id: UUID, line_id: UUID, *, now: datetime) -> None:
    """Say which line of a statement the voucher is of.

    Refused: a line of another amount or currency, one that is another voucher's, one booked
    before the loan was paid out, and the officer's own case.
    """
    voucher = _of_another(actor, voucher_id)
    line = locked_line(line_id)
    if line.amount != voucher.amount:
        raise Refusal("voucher_other_amount", line=line.amount, voucher=voucher.amount)
    if line.set_aside_at is not None:
        raise Refusal("voucher_line_set_aside")
    refuse_taken(line, by=voucher.id)
    _running(voucher, line)
    move_voucher(voucher, "match", by=_BY, actor=actor, now=now)
    voucher.line_id, voucher.matched_by, voucher.matched_at = line.id, actor.known(), now


@command
def unmatch(actor: Actor, voucher_id: UUID, *, now: datetime) -> None:
    """Take a match back: it is another line, or none yet."""
    voucher = _of_another(actor, voucher_id)
    move_voucher(voucher, "unmatch", by=_BY, actor=actor, now=now)
    voucher.line_id = voucher.matched_by = voucher.matched_at = None


@command
def confirm(actor: Actor, voucher_id: UUID, *, seen_line_id: UUID, now: datetime) -> bool:
    """Confirm a matched voucher as seen beside its line; whether that was the last that it takes.

    Refused: the line is another one by now, or the same officer has confirmed before. Of two
    officers at once the second finds it confirmed already.
    """
    voucher = _of_another(actor, voucher_id)
    if voucher.line_id != seen_line_id:
        raise Refusal("voucher_line_changed")
    if voucher.state not in {VoucherState.MATCHED, VoucherState.CONFIRMED}:
        raise Refusal("voucher_decided")
    if voucher.first_by == actor.known():
        raise Refusal("voucher_second_officer")
    if voucher.first_by is None:
        voucher.first_by, voucher.first_at = actor.known(), now
        if _officers_needed(voucher) > 1:
            move_voucher(voucher, "confirm", by=_BY, actor=actor, now=now)
            return False
    else:
        voucher.second_by, voucher.second_at = actor.known(), now
    _bring_in(voucher)
    move_voucher(voucher, "finish", by=_BY, actor=actor, now=now)
    _tell(voucher)
    return True


@command
def reject(actor: Actor, voucher_id: UUID, *, reason: str, now: datetime) -> None:
    """Refuse a voucher, with a reason its borrower reads."""
    voucher = _of_another(actor, voucher_id)
    if not reason.strip():
        raise Refusal("why_missing", "reason")
    move_voucher(voucher, "reject", by=_BY, actor=actor, now=now, reason=reason.strip())
    voucher.line_id = None
    voucher.rejected_by, voucher.reject_reason = actor.known(), reason.strip()
    _tell(voucher)


@command
def credit(voucher_id: UUID, instruction_id: UUID, *, now: datetime) -> None:
    """The money is at the provider: it counts for the loan, from the day the bank booked it."""
    voucher = locked_voucher(voucher_id)
    if voucher.state != VoucherState.FINAL or voucher.line_id is None:
        return
    line = locked_line(voucher.line_id)
    receipt = receipts.record(
        voucher.loan_id,
        Origin("voucher", voucher.id, instruction_id),
        amount=voucher.amount,
        effective_on=line.booked_on,
        received_at=now,
    )
    voucher.receipt_id = receipt.id
    move_voucher(voucher, "credit", by="provider", actor=PROVIDER, now=now)
    _tell(voucher)


@command
def not_brought_in(voucher_id: UUID, *, reason: str, now: datetime) -> None:
    """The provider did not get the money: officers confirm the voucher anew."""
    voucher = locked_voucher(voucher_id)
    if voucher.state == VoucherState.FINAL:
        move_voucher(voucher, "fail", by="provider", actor=PROVIDER, now=now, reason=reason)
        voucher.first_by = voucher.first_at = voucher.second_by = voucher.second_at = None


@command
def propose_undoing(actor: Actor, voucher_id: UUID, *, reason: str, now: datetime) -> None:
    """Propose to take a credited voucher back: the bank has recalled the money, or it was none."""
    voucher = _of_another(actor, voucher_id)
    VOUCHER.go(VoucherState(voucher.state), "reverse", by=(_BY,))
    if not reason.strip():
        raise Refusal("why_missing", "reason")
    if voucher.undo_by is not None:
        raise Refusal("voucher_undo_open")
    voucher.undo_by, voucher.undo_at, voucher.undo_reason = actor.known(), now, reason.strip()


@command
def undo(actor: Actor, voucher_id: UUID, *, now: datetime) -> None:
    """Take a credited voucher back as another officer proposed.

    The loan is replayed without it; what the platform had brought in for it is its own again.
    """
    voucher = _of_another(actor, voucher_id)
    if voucher.undo_by is None or voucher.receipt_id is None:
        raise Refusal("voucher_undo_none")
    if voucher.undo_by == actor.known():
        raise Refusal("voucher_second_officer")
    move_voucher(voucher, "reverse", by=_BY, actor=actor, now=now, reason=voucher.undo_reason)
    voucher.undone_by = actor.known()
    receipts.reverse(
        voucher.receipt_id,
        at=now,
        counter_account=booking.reserve_account(voucher.currency),
    )
    _tell(voucher)


@step
def _running(voucher: Voucher, line: CollectionLine) -> Loan:
    """Return the voucher's loan, locked; refused where the payment is older than its payout."""
    loan = locked_loan(voucher.loan_id)
    if loan.disbursed_on is None or line.booked_on < loan.disbursed_on:
        raise Refusal("voucher_line_too_early", day=line.booked_on)
    return loan


@step
def _bring_in(voucher: Voucher) -> None:
    """Plan to bring the money to the provider, for a loan that is being repaid."""
    if voucher.line_id is None:
        raise Broken(f"voucher {voucher.id} is confirmed without a line")
    loan = _running(voucher, locked_line(voucher.line_id))
    voucher.instruction_id = planning.plan_bringing_in(
        voucher.amount,
        purpose=PURPOSE,
        subject_id=voucher.id,
        credit_account=escrow_of(loan),
        cause=f"loan:{loan.id}",
        description=loan.title,
    )


@step
def _officers_needed(voucher: Voucher) -> int:
    query = (
        select(LoanProduct.voucher_single_max_minor)
        .join(Loan, Loan.product_id == LoanProduct.id)
        .where(Loan.id == voucher.loan_id)
    )
    return officers_needed(voucher.amount, db.session.scalars(query).one())


@step
def _of_another(actor: Actor, voucher_id: UUID) -> Voucher:
    voucher = locked_voucher(voucher_id)
    if voucher.borrower_id == actor.known():
        raise Refusal("review_own_case")
    return voucher


@step
def _tell(voucher: Voucher) -> None:
    announce(VoucherDecided(voucher.id, voucher.loan_id, voucher.borrower_id, voucher.state))
