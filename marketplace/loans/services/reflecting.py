"""A part that was paid is binding after its reflection; until then its lender may withdraw.

A loan is funded when all of it is paid and the last reflection is over, never before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.escrow.services import planning
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, execute, rows, scalar
from marketplace.infra.events import announce, announce_all
from marketplace.kernel.actors import CLOCK, Actor
from marketplace.kernel.errors import Broken, NotFound, Refusal
from marketplace.kernel.ids import InstructionId
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.loans.events import (
    CommitmentConfirmed,
    CommitmentWithdrawn,
    LoanFunded,
)
from marketplace.loans.funding import Standing, is_reflecting, reflection_end
from marketplace.loans.models import Commitment, Loan
from marketplace.loans.services.moving import (
    escrow_of,
    locked_loan,
    locked_pair,
    move_commitment,
    move_loan,
)
from marketplace.loans.states import COMMITMENT, CommitmentState, LoanState

_BINDING = frozenset({CommitmentState.RESERVED, CommitmentState.CONVERTED})
_REFLECTING = """
    SELECT coalesce(sum(amount_minor), 0) FROM commitment
    WHERE loan_id = %s AND state = 'in_reflection'
"""
_OVER = """
    UPDATE commitment SET state = %(to)s
    WHERE loan_id = %(loan)s AND state = 'in_reflection' AND reflect_until <= %(now)s
    RETURNING id, lender_id
"""
_LENDERS = """
    UPDATE loan SET lenders = (SELECT count(DISTINCT lender_id) FROM commitment
        WHERE loan_id = %(loan)s AND reserved_at IS NOT NULL)
    WHERE id = %(loan)s
"""


@step
def begin(commitment: Commitment, loan: Loan, *, now: datetime) -> None:
    """Start the reflection of a part just paid; one of no days is over at once."""
    commitment.reflect_until = reflection_end(now, loan.reflection_days)
    if not loan.reflection_days:
        move_commitment(commitment, "confirm", by=("clock",), actor=CLOCK, at=now)
    db.session.flush()
    fund_if_firm(loan, now=now)


@command
def withdraw(actor: Actor, commitment_id: UUID, *, now: datetime) -> None:
    """Take a part back within its reflection, without a reason: all of the money returns."""
    commitment, loan = locked_pair(commitment_id)
    if commitment.lender_id != actor.known():
        raise NotFound(str(commitment_id))
    if _is_binding(commitment, now):
        raise Refusal("reflection_over")
    move_commitment(commitment, "withdraw", by=("lender",), actor=actor, at=now)
    _free(commitment, loan)
    announce(CommitmentWithdrawn(commitment.id, loan.id, commitment.lender_id))
    if commitment.source == "wallet":
        _back_to_wallet(commitment, loan, actor, now)
    else:
        _back_through_provider(commitment, loan)


@command
def confirm_due(loan_id: UUID, *, now: datetime) -> int:
    """Make the parts of a loan binding whose reflection is over; returns how many."""
    loan = locked_loan(loan_id)
    if loan.state != LoanState.LISTED:
        return 0
    found = _confirm(loan, now)
    fund_if_firm(loan, now=now)
    return len(found)


@step
def fund_if_firm(loan: Loan, *, now: datetime) -> None:
    """Fund a loan all of which is paid and binding."""
    if loan.reserved_minor == loan.amount_minor and not reflecting_minor(loan.id):
        fund(loan, now=now)


@step
def fund(loan: Loan, *, now: datetime, reason: str | None = None) -> None:
    """Close the listing: what is lent is lent."""
    move_loan(loan, "fund", by=("clock",), actor=CLOCK, at=now, reason=reason)
    loan.funded_at = now
    announce(LoanFunded(loan.id, loan.borrower_id))


@step
def fund_smaller(loan: Loan, *, now: datetime) -> None:
    """Close the listing with what there is; amount, schedule and fee are the smaller loan's."""
    if loan.committed_minor != loan.reserved_minor:
        raise Broken(f"loan {loan.id} still waits for a payment")
    loan.asked_minor = loan.asked_minor or loan.amount_minor
    loan.amount_minor = loan.reserved_minor
    fund(loan, now=now, reason="smaller")


@step
def standing(loan: Loan) -> Standing:
    """Return where the funding of a listed loan stands."""
    if loan.funding_until is None:
        raise Broken(f"loan {loan.id} was listed without an end")
    return Standing(
        amount_minor=loan.amount_minor,
        paid_minor=loan.reserved_minor,
        reflecting_minor=reflecting_minor(loan.id),
        least_minor=loan.take_min_minor or loan.amount_minor,
        until=loan.funding_until,
    )


def reflecting_minor(loan_id: UUID) -> int:
    """Return how much of what was paid for a loan is not binding yet."""
    return int(scalar(_REFLECTING, (loan_id,)))


def loans_with_reflections_over(now: datetime, *, limit: int) -> list[UUID]:
    """Return loans of which a part has become binding."""
    return column(
        """
        SELECT DISTINCT loan_id FROM commitment
        WHERE state = 'in_reflection' AND reflect_until <= %s ORDER BY loan_id LIMIT %s
        """,
        (now, limit),
    )


def _is_binding(commitment: Commitment, now: datetime) -> bool:
    """Whether it is too late; the clock decides, should nobody have noted it yet."""
    state = CommitmentState(commitment.state)
    return state in _BINDING or (
        state is CommitmentState.IN_REFLECTION and not is_reflecting(commitment.reflect_until, now)
    )


@dataclass(frozen=True, slots=True)
class _Part:
    id: UUID
    lender_id: UUID


@step
def _confirm(loan: Loan, now: datetime) -> list[_Part]:
    before = CommitmentState.IN_REFLECTION
    after = COMMITMENT.go(before, "confirm", by=("clock",))
    db.session.flush()
    found = rows(_OVER, {"to": after.value, "loan": loan.id, "now": now}, into=_Part)
    transitions.record_all(
        "commitment",
        [part.id for part in found],
        move="confirm",
        from_state=before.value,
        to_state=after.value,
        actor=CLOCK,
        at=now,
    )
    announce_all([CommitmentConfirmed(part.id, loan.id, part.lender_id) for part in found])
    return found


@step
def _free(commitment: Commitment, loan: Loan) -> None:
    """Let others lend the part again; it tells no longer how far the funding came."""
    loan.reserved_minor -= commitment.amount_minor
    loan.committed_minor -= commitment.amount_minor
    commitment.reserved_at = None
    db.session.flush()
    execute(_LENDERS, {"loan": loan.id})
    db.session.refresh(loan)


@step
def _back_to_wallet(commitment: Commitment, loan: Loan, actor: Actor, now: datetime) -> None:
    wallet = ledger.account("person:wallet", commitment.currency, commitment.lender_id)
    ledger.post(
        f"loans.reflected:{commitment.id}",
        [Move(escrow_of(loan), wallet, commitment.amount, "refund")],
        cause=f"commitment:{commitment.id}",
        actor=actor.label,
        happened_at=now,
    )
    move_commitment(commitment, "settle", by=("clock",), actor=CLOCK, at=now)
    commitment.closed_at = now


@step
def _back_through_provider(commitment: Commitment, loan: Loan) -> None:
    if commitment.instruction_id is None:
        raise Broken(f"commitment {commitment.id} was paid by no checkout")
    planning.plan_refund(
        of=InstructionId(commitment.instruction_id),
        subject_id=commitment.id,
        amount=commitment.amount,
        debit_account=escrow_of(loan),
        purpose="commitment",
        cause=f"commitment:{commitment.id}",
        reason="withdrawn",
    )
