"""Paying a loan early: everything, or a part, at the provider or from the wallet.

A quote holds for its day. Money that arrives on another day counts from that day: what was too
much is in the wallet, and what was too little shortens the loan and leaves a small rest.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.escrow.queries import disputes
from marketplace.escrow.services import planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import InstructionId, new_id, public_id
from marketplace.kernel.money import Money
from marketplace.loans.models import Loan, Prepayment
from marketplace.loans.queries import history
from marketplace.loans.quoting import EarlyQuote
from marketplace.loans.replay.events import Intent
from marketplace.loans.services import paying, receipts, returning_payments
from marketplace.loans.services.moving import escrow_of, locked_loan, once
from marketplace.loans.services.receipts import Origin

PURPOSE: Final = "prepayment"
_CHECKOUT_MINUTES: Final = 60


@command
def open_checkout(
    actor: Actor,
    loan_id: UUID,
    *,
    intent: Intent,
    amount: Money | None,
    on: date,
    form_key: str,
    now: datetime,
) -> InstructionId:
    """Plan the checkout of an early payment quoted for `on`, and return it.

    The same form again is the same checkout. Refused: a loan that is not being repaid, a day
    that cannot be quoted, and an amount that repays nothing early.
    """
    loan = locked_loan(loan_id, borrower_id=actor.known())
    once(actor.known(), form_key)
    known = _of_form(actor.known(), form_key)
    if known is not None and known.instruction_id is not None:
        return InstructionId(known.instruction_id)
    quoted = history.quote_early(loan, intent, amount, on=on, today=now.date())
    made = _written(loan, quoted, "provider", form_key, now)
    made.instruction_id = _plan(loan, made, now)
    return InstructionId(made.instruction_id)


@command
def pay_from_wallet(
    actor: Actor,
    loan_id: UUID,
    *,
    intent: Intent,
    amount: Money | None,
    form_key: str,
    now: datetime,
) -> UUID:
    """Pay early from the wallet, at once and for today; returns the receipt.

    The same form again is the same payment. Refused as `open_checkout` does, and where the
    wallet holds less.
    """
    loan = locked_loan(loan_id, borrower_id=actor.known())
    origin = paying.wallet_origin(loan, form_key)
    if (known := receipts.find(origin)) is not None:
        return known.id
    today = now.date()
    quoted = history.quote_early(loan, intent, amount, on=today, today=today)
    _written(loan, quoted, "wallet", form_key, now)
    return paying.take_from_wallet(
        loan, origin, amount=quoted.amount, now=now, intent=quoted.intent
    ).id


@command
def mark_paid(
    prepayment_id: UUID, instruction_id: UUID, *, amount: Money, paid_at: datetime
) -> None:
    """The provider holds an early payment: it counts from the day on which it was paid.

    It goes back whole where the loan is not being repaid by then, because its payout came back.
    Told again, or told after its bank took it back, it changes nothing.
    """
    loan = locked_loan(_known(prepayment_id).loan_id)
    origin = Origin("payoff", instruction_id, instruction_id)
    if disputes.is_recovered(instruction_id) or receipts.find(origin) is not None:
        return
    if loan.disbursed_on is None or paid_at.date() < loan.disbursed_on:
        returning_payments.give_back(instruction_id, amount=amount)
        return
    receipts.record(
        loan.id,
        origin,
        amount=amount,
        effective_on=paid_at.date(),
        received_at=paid_at,
        intent=Intent(_known(prepayment_id).intent),
    )


@step
def _written(
    loan: Loan, quoted: EarlyQuote, paid_from: str, form_key: str, now: datetime
) -> Prepayment:
    made = Prepayment(
        id=new_id(),
        loan_id=loan.id,
        borrower_id=loan.borrower_id,
        form_key=form_key,
        intent=quoted.intent.value,
        paid_from=paid_from,
        amount_minor=quoted.amount.minor,
        currency=loan.currency,
        quoted_on=now.date(),
        valid_until=quoted.on,
        created_at=now,
    )
    db.session.add(made)
    db.session.flush()
    return made


@step
def _plan(loan: Loan, made: Prepayment, now: datetime) -> InstructionId:
    loan_ref, ref = public_id("ln", loan.id), public_id("pre", made.id)
    return planning.plan_checkout(
        purpose=PURPOSE,
        subject_id=made.id,
        person_id=loan.borrower_id,
        amount=made.amount,
        credit_account=escrow_of(loan),
        description=loan.title,
        return_path=f"/my/loans/{loan_ref}/prepay/{ref}/return",
        cancel_path=f"/my/loans/{loan_ref}/prepay",
        expires_at=now + timedelta(minutes=_CHECKOUT_MINUTES),
        cause=f"loan:{loan.id}",
    )


@step
def _of_form(person_id: UUID, form_key: str) -> Prepayment | None:
    query = select(Prepayment).where(
        Prepayment.borrower_id == person_id, Prepayment.form_key == form_key
    )
    return db.session.scalars(query).one_or_none()


@step
def _known(prepayment_id: UUID) -> Prepayment:
    found = db.session.get(Prepayment, prepayment_id)
    if found is None:
        raise NotFound(str(prepayment_id))
    return found
