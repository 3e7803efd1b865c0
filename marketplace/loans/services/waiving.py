"""Letting a charge off: one officer proposes with a reason, another decides, the loan is replayed.

What was paid of a charge before it was let off stays paid.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.loans.models import ChargeWaiver, Loan
from marketplace.loans.queries import history
from marketplace.loans.replay.events import ChargeKey, ChargeKind
from marketplace.loans.services import receipts
from marketplace.loans.services.moving import locked_loan


@command
def propose(
    actor: Actor,
    loan_id: UUID,
    charge: ChargeKey,
    *,
    last: date | None = None,
    amount: Money,
    reason: str,
    now: datetime,
) -> UUID:
    """Propose to let off so much of a charge; returns the proposal.

    With `last`, of all charges like it up to that day: penalty interest comes by the day.
    Refused: no reason, more than is open of the charge, and a charge somebody has proposed to
    let off already.
    """
    loan = locked_loan(loan_id)
    if not reason.strip():
        raise Refusal("why_missing", "reason")
    _must_be_open(loan, charge, last or charge.on, amount, now)
    if _is_waiting(loan_id, charge, last or charge.on):
        raise Refusal("waiver_open")
    made = ChargeWaiver(
        id=new_id(),
        loan_id=loan_id,
        charge_kind=charge.kind.value,
        charge_n=charge.n,
        charge_on=charge.on,
        charge_last_on=last,
        amount_minor=amount.minor,
        currency=loan.currency,
        effective_on=now.date(),
        reason=reason.strip(),
        proposed_by=actor.known(),
        proposed_at=now,
    )
    db.session.add(made)
    db.session.flush()
    return made.id


@command
def agree(actor: Actor, waiver_id: UUID, *, now: datetime) -> None:
    """Let the charge off as another officer proposed; what is open by now is the most there is."""
    waiver, loan = _decided(actor, waiver_id, now, agreed=True)
    charge = ChargeKey(ChargeKind(waiver.charge_kind), waiver.charge_n, waiver.charge_on)
    _must_be_open(loan, charge, waiver.charge_last_on or charge.on, waiver.amount, now)
    waiver.effective_on = now.date()
    db.session.flush()
    receipts.correct(loan, waiver.id, at=now)


@command
def turn_down(actor: Actor, waiver_id: UUID, *, now: datetime) -> None:
    """Leave the charge as it is; who proposed it may do so too."""
    _decided(actor, waiver_id, now, agreed=False)


@step
def _decided(
    actor: Actor, waiver_id: UUID, now: datetime, *, agreed: bool
) -> tuple[ChargeWaiver, Loan]:
    found = db.session.get(ChargeWaiver, waiver_id)
    if found is None:
        raise NotFound(str(waiver_id))
    loan = locked_loan(found.loan_id)
    db.session.refresh(found)
    if found.decided_at is not None:
        raise Refusal("waiver_decided")
    if agreed and found.proposed_by == actor.known():
        raise Refusal("waiver_own")
    found.decided_by, found.decided_at, found.agreed = actor.known(), now, agreed
    return found, loan


@step
def _is_waiting(loan_id: UUID, charge: ChargeKey, last: date) -> bool:
    query = select(ChargeWaiver.id).where(
        ChargeWaiver.loan_id == loan_id,
        ChargeWaiver.charge_kind == charge.kind.value,
        ChargeWaiver.charge_n == charge.n,
        ChargeWaiver.charge_on <= last,
        func.coalesce(ChargeWaiver.charge_last_on, ChargeWaiver.charge_on) >= charge.on,
        ChargeWaiver.decided_at.is_(None),
    )
    return db.session.scalars(query.limit(1)).first() is not None


@step
def _must_be_open(loan: Loan, charge: ChargeKey, last: date, amount: Money, now: datetime) -> None:
    alike = (
        one
        for one in history.position(loan, now.date()).charges
        if (one.key.kind, one.key.n) == (charge.kind, charge.n) and charge.on <= one.key.on <= last
    )
    still = Money.total((one.open for one in alike), loan.currency)
    if not still.is_positive:
        raise Refusal("charge_not_open")
    if not amount.is_positive or amount > still:
        raise Refusal("waiver_too_much", "amount", most=still)
