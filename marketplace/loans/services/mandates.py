"""Autopay: a borrower saves a card once, and bills are charged to it on their due day.

Who pays by hand before is not charged; a decline is told at once and can be paid by hand.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.escrow import queries as escrow
from marketplace.escrow.declines import worth_repeating
from marketplace.escrow.services import planning
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, flush
from marketplace.infra.events import announce
from marketplace.kernel.actors import PROVIDER, Actor
from marketplace.kernel.errors import Broken, Refusal
from marketplace.kernel.ids import InstructionId, new_id, public_id
from marketplace.kernel.money import Money
from marketplace.loans.events import AutopayOn, BillDeclined
from marketplace.loans.models import Bill, Loan, LoanMandate
from marketplace.loans.queries import autopay, borrower
from marketplace.loans.queries.autopay import RETRY_AFTER
from marketplace.loans.services.moving import locked_loan
from marketplace.loans.states import MANDATE, LoanState, MandateState

PURPOSE: Final = "mandate"
_CALLED_OFF: Final = "withdrawn"
_PAGE: Final = timedelta(minutes=60)


@command
def switch_on(actor: Actor, loan_id: UUID, *, now: datetime) -> InstructionId:
    """Plan the page on which the borrower saves a card for the loan's bills, and return it.

    A loan that is not being repaid, a second mandate, and a provider that cannot save a means
    are refused. Nothing is charged by this.
    """
    loan = locked_loan(loan_id, borrower_id=actor.known())
    if loan.state != LoanState.ACTIVE:
        raise Refusal("autopay_not_active")
    if not any(method.deferrable for method in escrow.terms().methods):
        raise Refusal("autopay_not_offered")
    mandate = _open(loan_id)
    if mandate is not None and mandate.state == MandateState.ACTIVE:
        raise Refusal("autopay_on_already")
    if mandate is None:
        mandate = _waiting(loan, now)
    mandate.setup_id = _plan_setup(loan, mandate.id, now)
    db.session.add(mandate)
    return InstructionId(mandate.setup_id)


@command
def activate(mandate_id: UUID, setup_id: UUID, *, saved_at: datetime) -> None:
    """Note that the card is saved: from now on bills are charged to it. Safe to repeat."""
    mandate = _locked(mandate_id)
    if mandate.state != MandateState.WAITING:
        return
    mandate.setup_id, mandate.active_at = setup_id, saved_at
    _move(mandate, "activate", "provider", PROVIDER, saved_at)
    announce(AutopayOn(mandate.loan_id, mandate.borrower_id, mandate.id))


@command
def expire(mandate_id: UUID, setup_id: UUID, *, now: datetime) -> None:
    """Give up a mandate whose card was never saved; not for a page that was followed by another."""
    mandate = _locked(mandate_id)
    if mandate.state == MandateState.WAITING and mandate.setup_id == setup_id:
        _move(mandate, "expire", "provider", PROVIDER, now)
        mandate.ended_at = now


@command
def switch_off(actor: Actor, loan_id: UUID, *, now: datetime) -> None:
    """End the mandate: nothing is charged by itself any more. Off already, nothing changes."""
    locked_loan(loan_id, borrower_id=actor.known())
    mandate = _open(loan_id)
    if mandate is not None:
        _move(mandate, "end", "borrower", actor, now)
        mandate.ended_at = now


@command
def mark_declined(bill_id: UUID, charge_id: UUID, *, reason: str, now: datetime) -> None:
    """Note that the card was not charged for a bill, and tell its borrower; safe to repeat.

    What its borrower called off by switching autopay off needs no telling.
    """
    query = select(Bill).where(Bill.id == bill_id).with_for_update()
    bill = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if bill.paid_at is not None or bill.charge_id != charge_id or bill.declined_at is not None:
        return
    bill.declined_at, bill.decline_reason = now, reason or "declined"
    _promise_again(bill, now)
    if reason != _CALLED_OFF:
        announce(BillDeclined(bill.id, bill.loan_id, bill.borrower_id, bill.charges))


@step
def _promise_again(bill: Bill, now: datetime) -> None:
    """Fix what is charged when the card is tried again: the letter about the decline says it."""
    mandate = _open(bill.loan_id)
    if bill.charges > 1 or mandate is None or not worth_repeating(bill.decline_reason or ""):
        return
    flush()
    again_on = (now + RETRY_AFTER).date()
    asked = autopay.asked_on(bill.loan_id, bill.borrower_id, bill.n, again_on).minor
    bill.charge_told_minor = min(asked, mandate.most_minor or asked)


@step
def _open(loan_id: UUID) -> LoanMandate | None:
    query = select(LoanMandate).where(
        LoanMandate.loan_id == loan_id, LoanMandate.ended_at.is_(None)
    )
    return db.session.scalars(query.with_for_update()).one_or_none()


@step
def _locked(mandate_id: UUID) -> LoanMandate:
    query = select(LoanMandate).where(LoanMandate.id == mandate_id).with_for_update()
    found = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise Broken(f"mandate {mandate_id} is not known")
    return found


@step
def _waiting(loan: Loan, now: datetime) -> LoanMandate:
    most = autopay.most_at_once(loan.id)
    return LoanMandate(
        id=new_id(),
        loan_id=loan.id,
        borrower_id=loan.borrower_id,
        most_minor=most.minor if most else None,
        state=MandateState.WAITING.value,
        created_at=now,
    )


@step
def _plan_setup(loan: Loan, mandate_id: UUID, now: datetime) -> InstructionId:
    if loan.escrow_account is None:
        raise Broken(f"loan {loan.id} is repaid without an account")
    place = f"/my/loans/{public_id('ln', loan.id)}"
    return planning.plan_setup(
        purpose=PURPOSE,
        subject_id=mandate_id,
        person_id=loan.borrower_id,
        amount=_instalment(loan),
        credit_account=loan.escrow_account,
        description=loan.title,
        return_path=f"{place}/autopay/return",
        cancel_path=place,
        expires_at=now + _PAGE,
        cause=f"loan:{loan.id}",
    )


def _instalment(loan: Loan) -> Money:
    """Return what the page says is charged: the next instalment."""
    following = borrower.own_loan(loan.id, loan.borrower_id).next_due
    return following if following is not None and following.is_positive else loan.amount


@step
def _move(mandate: LoanMandate, move: str, who: str, actor: Actor, at: datetime) -> None:
    mandate.state = transitions.go(
        MANDATE, mandate.id, mandate.state, move, by=(who,), actor=actor, at=at
    ).value
