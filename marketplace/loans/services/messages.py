"""Borrower and reviewers write to each other about an application."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.loans.answers import MESSAGES_A_DAY_MAX, body_refusals
from marketplace.loans.events import MessageWritten
from marketplace.loans.models import Loan, LoanMessage
from marketplace.loans.rules import reviewer_refusals
from marketplace.loans.services.moving import locked_loan, once
from marketplace.loans.states import LOAN, TALKING, LoanState

BORROWER, REVIEWER = "borrower", "reviewer"
_REVIEWERS = ("first_reviewer", "second_reviewer")


@command
def write(actor: Actor, loan_id: UUID, body: str, *, form_key: str, now: datetime) -> None:
    """Write to the reviewers of my request; the same form again writes nothing new."""
    loan = locked_loan(loan_id, borrower_id=actor.known())
    _say(_message(loan, actor, BORROWER, body=body, form_key=form_key, now=now), loan)


@command
def ask_again(actor: Actor, loan_id: UUID, body: str, *, form_key: str, now: datetime) -> None:
    """Ask that a person looks once more at my declined request, and say what was missed."""
    loan = locked_loan(loan_id, borrower_id=actor.known())
    if loan.state != LoanState.DECLINED:
        state = LoanState(loan.state)
        raise IllegalMove("loan", state.value, "ask_again", LOAN.moves(state, by=(BORROWER,)))
    message = _message(loan, actor, BORROWER, body=body, form_key=form_key, now=now)
    message.kind = "second_look"
    _say(message, loan)


@command
def reply(actor: Actor, loan_id: UUID, body: str, *, form_key: str, now: datetime) -> None:
    """Write to the borrower of a case, as a reviewer."""
    loan = _case(actor, loan_id)
    _say(_message(loan, actor, REVIEWER, body=body, form_key=form_key, now=now), loan)


@command
def mark_read(loan_id: UUID, *, side: str, now: datetime) -> None:
    """Note that what `side` wrote has been seen by the other one."""
    execute(
        "UPDATE loan_message SET read_at = %s WHERE loan_id = %s AND side = %s AND read_at IS NULL",
        (now, loan_id, side),
    )


@step
def _case(actor: Actor, loan_id: UUID) -> Loan:
    if not actor.has(*_REVIEWERS):
        raise NotAllowed("review")
    loan = locked_loan(loan_id)
    refuse_if(reviewer_refusals(actor.known(), loan.borrower_id, None))
    return loan


@step
def _say(message: LoanMessage, loan: Loan) -> None:
    once(message.author_id, message.form_key)
    if _said_already(message):
        return
    if LoanState(loan.state) not in TALKING:
        raise Refusal("thread_closed")
    refuse_if(body_refusals(message.body))
    if message.side == BORROWER and _said_today(loan, message.at) >= MESSAGES_A_DAY_MAX:
        raise Refusal("messages_too_many", "body", at_most=MESSAGES_A_DAY_MAX)
    db.session.add(message)
    announce(MessageWritten(message.id, loan.id, loan.borrower_id, message.side))


def _message(
    loan: Loan, actor: Actor, side: str, *, body: str, form_key: str, now: datetime
) -> LoanMessage:
    return LoanMessage(
        id=new_id(),
        loan_id=loan.id,
        form_key=form_key,
        author_id=actor.known(),
        side=side,
        kind="message",
        body=body.strip(),
        at=now,
    )


@step
def _said_already(message: LoanMessage) -> bool:
    query = select(LoanMessage.id).where(
        LoanMessage.author_id == message.author_id, LoanMessage.form_key == message.form_key
    )
    return db.session.scalars(query).one_or_none() is not None


@step
def _said_today(loan: Loan, now: datetime) -> int:
    query = select(func.count()).where(
        LoanMessage.loan_id == loan.id,
        LoanMessage.side == BORROWER,
        LoanMessage.at > now - timedelta(days=1),
    )
    return db.session.scalar(query) or 0
