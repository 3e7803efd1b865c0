"""Writing a loan off: one officer proposes it, another agrees, and its lenders book the loss.

Nothing is let off by that: the borrower owes what the contract says, bills go on, and what comes
in is shared as before. Lenders count on it no more, hear of the loss, and see what is recovered.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.infra import audit
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, flush, scalar
from marketplace.infra.events import announce, announce_all
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.loans.models import Loan, WriteOff
from marketplace.loans.queries import disbursing, history
from marketplace.loans.services.moving import locked_loan
from marketplace.loans.states import LoanState
from marketplace.loans.write_offs import refusals
from marketplace.settlement import distribution, losses
from marketplace.settlement.events import LoanWrittenOff, LossTold


@command
def propose(actor: Actor, loan_id: UUID, *, reason: str, note: str, now: datetime) -> UUID:
    """Propose to write off what is outstanding of a loan; returns the proposal.

    Refused: an own case, a loan that is not being repaid or waits for a decision, no reason or
    no note, and a borrower who simply does not pay but is not late by more than 90 days.
    """
    loan = locked_loan(loan_id)
    _may_decide(actor, loan)
    _must_be_open(loan)
    late = history.position(loan, now.date()).arrears.days_past_due
    refuse_if(refusals(reason, note, late))
    if _waiting(loan.id):
        raise Refusal("write_off_open")
    made = WriteOff(
        id=new_id(),
        loan_id=loan.id,
        reason=reason,
        note=note.strip(),
        amount_minor=_outstanding(loan),
        currency=loan.currency,
        proposed_by=actor.known(),
        proposed_at=now,
    )
    db.session.add(made)
    audit.record(actor, "write_off.propose", "loan", loan.id, at=now, amount=str(made.amount))
    flush()
    return made.id


@command
def agree(actor: Actor, write_off_id: UUID, *, now: datetime) -> None:
    """Write the loan off as another officer proposed: to the cent what was outstanding then.

    Refused: an own proposal or case, one decided before, and a loan of which something came in
    since: what is lost is another amount then, and is proposed anew.
    """
    distribution.have_the_road()  # nobody shares a payment of it meanwhile
    found, loan = _decided(actor, write_off_id, now, agreed=True)
    _must_be_open(loan)
    if found.amount_minor != _outstanding(loan) or scalar(_WAITING, (loan.id,)):
        raise Refusal("write_off_changed")
    loan.written_off_at = now
    flush()
    losses.write(loan.id, now)
    audit.record(actor, "write_off.agree", "loan", loan.id, at=now, amount=str(found.amount))
    announce(LoanWrittenOff(found.id, loan.id, loan.borrower_id))
    announce_all([LossTold(lender_id, found.id) for lender_id in column(_LENDERS, (loan.id,))])


@command
def turn_down(actor: Actor, write_off_id: UUID, *, now: datetime) -> None:
    """Leave the loan as it is; who proposed it may do so too."""
    _found, loan = _decided(actor, write_off_id, now, agreed=False)
    audit.record(actor, "write_off.turn_down", "loan", loan.id, at=now)


_WAITING = "SELECT EXISTS (SELECT FROM receipt_waiting WHERE loan_id = %s)"
_LENDERS = "SELECT DISTINCT lender_id FROM note WHERE loan_id = %s AND written_off_minor > 0"


def _may_decide(actor: Actor, loan: Loan) -> None:
    if not actor.has("finance_officer"):
        raise NotAllowed("finance.decide")
    if actor.known() == loan.borrower_id or disbursing.lends(actor.known(), loan.id):
        raise Refusal("write_off_own_case")


def _must_be_open(loan: Loan) -> None:
    if loan.written_off_at is not None:
        raise Refusal("write_off_done")
    if loan.state != LoanState.ACTIVE or not _outstanding(loan):
        raise Refusal("loan_not_repaid")


def _outstanding(loan: Loan) -> int:
    return loan.amount_minor - loan.principal_repaid_minor


@step
def _waiting(loan_id: UUID) -> bool:
    query = select(WriteOff.id).where(WriteOff.loan_id == loan_id, WriteOff.decided_at.is_(None))
    return db.session.scalars(query).first() is not None


@step
def _decided(
    actor: Actor, write_off_id: UUID, now: datetime, *, agreed: bool
) -> tuple[WriteOff, Loan]:
    found = db.session.get(WriteOff, write_off_id)
    if found is None:
        raise NotFound(str(write_off_id))
    loan = locked_loan(found.loan_id)
    db.session.refresh(found)
    _may_decide(actor, loan)
    if found.decided_at is not None:
        raise Refusal("write_off_decided")
    if agreed and found.proposed_by == actor.known():
        raise Refusal("same_person")
    found.decided_by, found.decided_at, found.agreed = actor.known(), now, agreed
    return found, loan
