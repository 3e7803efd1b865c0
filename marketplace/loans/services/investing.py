"""Lenders take parts of a listed loan, from the wallet or through the provider.

A part is taken by one conditional UPDATE of the loan: of two lenders who want the last 10.00,
exactly one wins, and nothing is ever over-subscribed by a cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.contracts.consents import Consent
from marketplace.escrow.services import planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, row, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import CLOCK, PROVIDER, Actor
from marketplace.kernel.errors import NotFound, Refusal, Stale, refuse_if
from marketplace.kernel.ids import CommitmentId, InstructionId, new_id, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.loans.events import CommitmentRefunded, CommitmentReserved
from marketplace.loans.funding import age_refusal, held_until
from marketplace.loans.models import Commitment, Loan
from marketplace.loans.queries import wallet_age
from marketplace.loans.rules import FUNDING_CHECKOUT_MINUTES, Room, commitment_refusals
from marketplace.loans.services import consenting, limiting, reflecting
from marketplace.loans.services.acknowledging import must_know_risk
from marketplace.loans.services.moving import (
    locked_loan,
    locked_pair,
    move_commitment,
    move_loan,
    once,
)
from marketplace.loans.states import PAID_IN, PUBLIC, CommitmentState, LoanState


@dataclass(frozen=True, slots=True)
class Placed:
    """A commitment that was made; `instruction_id` is the checkout to pay, if there is one."""

    commitment_id: CommitmentId
    instruction_id: InstructionId | None


@command
def commit_by_provider(
    actor: Actor, loan_id: UUID, *, amount: Money, consent: Consent, form_key: str, now: datetime
) -> Placed:
    """Take a part and plan the checkout that pays for it; unpaid, it is given back in time.

    `consent` is the lender's agreement to the loan's contract, bound to the terms shown.
    """
    lender_id = actor.known()
    once(lender_id, form_key)
    if (same := _same_form(lender_id, form_key)) is not None:
        return same
    loan = _order(loan_id, lender_id, amount, now)
    expires_at = now + timedelta(minutes=FUNDING_CHECKOUT_MINUTES)
    commitment = _new(loan, lender_id, amount, form_key, "provider", now, expires_at=expires_at)
    consenting.give(commitment.id, loan.id, consent)
    ref = public_id("cmt", commitment.id)
    commitment.instruction_id = planning.plan_checkout(
        purpose="commitment",
        subject_id=commitment.id,
        person_id=lender_id,
        amount=amount,
        credit_account=_escrow(loan),
        description=loan.title,
        return_path=f"/commitments/{ref}/return",
        cancel_path=f"/commitments/{ref}",
        expires_at=expires_at,
        cause=f"commitment:{commitment.id}",
    )
    db.session.flush()
    return _placed(commitment)


@command
def commit_from_wallet(
    actor: Actor, loan_id: UUID, *, amount: Money, consent: Consent, form_key: str, now: datetime
) -> Placed:
    """Take a part and pay for it from the wallet, at once and whole or not at all."""
    return take_from_wallet(
        actor, loan_id, amount=amount, consent=consent, form_key=form_key, now=now
    )


@step
def take_from_wallet(
    actor: Actor, loan_id: UUID, *, amount: Money, consent: Consent, form_key: str, now: datetime
) -> Placed:
    """Take a part and pay for it from the wallet, within a command that has more to write."""
    lender_id = actor.known()
    once(lender_id, form_key)
    if (same := _same_form(lender_id, form_key)) is not None:
        return same
    loan = _order(loan_id, lender_id, amount, now)
    leave_by = _last_day(loan, lender_id)
    commitment = _new(loan, lender_id, amount, form_key, "wallet", now, leave_by=leave_by)
    consenting.give(commitment.id, loan.id, consent)
    wallet = ledger.account("person:wallet", amount.currency, lender_id)
    db.session.flush()
    try:
        ledger.post(
            f"loans.committed:{commitment.id}",
            [Move(wallet, _escrow(loan), amount, "commitment")],
            cause=f"commitment:{commitment.id}",
            actor=actor.label,
            happened_at=now,
        )
    except Refusal as refusal:
        if refusal.code == "overdraft":
            raise Refusal("wallet_short", "source") from None
        raise
    _reserve(loan, commitment, actor=actor, by="lender", now=now)
    return _placed(commitment)


@command
def mark_paid(commitment_id: UUID, instruction_id: UUID, *, amount: Money, now: datetime) -> None:
    """The provider holds the money: reserve the part, or send the money back if it cannot be used.

    A checkout paid after its part had been given back still counts if the part is free.
    """
    commitment, loan = locked_pair(commitment_id)
    if commitment.state not in {CommitmentState.AWAITING_PAYMENT, CommitmentState.EXPIRED}:
        return
    if _is_taken(loan, commitment) or _retake(loan, amount, now):
        _reserve(loan, commitment, actor=PROVIDER, by="provider", now=now)
        return
    if commitment.state == CommitmentState.AWAITING_PAYMENT:
        _give_back(loan, commitment, now)
    commitment.instruction_id = instruction_id
    plan_refund(loan, commitment, reason="too_late", now=now)


@command
def expire(commitment_id: UUID, *, now: datetime) -> None:
    """Nobody paid: the part is free for others again."""
    commitment, loan = locked_pair(commitment_id)
    if commitment.state == CommitmentState.AWAITING_PAYMENT:
        _give_back(loan, commitment, now)


@command
def mark_refunded(commitment_id: UUID, *, now: datetime) -> None:
    """The provider has paid the lender back."""
    commitment, _loan = locked_pair(commitment_id)
    if commitment.state == CommitmentState.REFUNDING:
        _settle_refund(commitment, now)


@command
def refund_to_wallet(commitment_id: UUID, refund_id: UUID, *, amount: Money, now: datetime) -> None:
    """The means of payment did not take the money back: it goes to the lender's wallet.

    Such news may come long after the provider had said that the refund went through.
    """
    commitment, loan = locked_pair(commitment_id)
    if commitment.state not in {CommitmentState.REFUNDING, CommitmentState.REFUNDED}:
        return
    keep_refund(commitment, loan, refund_id, amount=amount, now=now)


@step
def keep_refund(
    commitment: Commitment, loan: Loan, refund_id: UUID, *, amount: Money, now: datetime
) -> None:
    """End a refund in the lender's wallet."""
    wallet = ledger.account("person:wallet", amount.currency, commitment.lender_id)
    ledger.post(
        f"loans.refund_to_wallet:{refund_id}",
        [Move(_escrow(loan), wallet, amount, "refund")],
        cause=f"commitment:{commitment.id}",
        actor=PROVIDER.label,
        happened_at=now,
    )
    if commitment.state == CommitmentState.REFUNDING:
        _settle_refund(commitment, now)


@step
def _settle_refund(commitment: Commitment, now: datetime) -> None:
    move_commitment(commitment, "settle", by=("provider",), actor=PROVIDER, at=now)
    commitment.closed_at = now
    announce(CommitmentRefunded(commitment.id, commitment.loan_id, commitment.lender_id))
    db.session.flush()
    close_if_refunded(commitment.loan_id, now=now)


@step
def close_if_refunded(loan_id: UUID, *, now: datetime) -> None:
    """An expired loan is closed when the last lender has the money back."""
    loan = locked_loan(loan_id)
    open_ones = select(Commitment.id).where(
        Commitment.loan_id == loan_id,
        Commitment.state.in_(["awaiting_payment", *PAID_IN, "refunding"]),
    )
    if loan.state == LoanState.EXPIRED and db.session.scalars(open_ones.limit(1)).first() is None:
        move_loan(loan, "refund", by=("clock",), actor=CLOCK, at=now)
        loan.closed_at = now


@step
def plan_refund(loan: Loan, commitment: Commitment, *, reason: str, now: datetime) -> None:
    """Send the money of one paid commitment back the way it came."""
    if commitment.instruction_id is None:
        raise Stale(f"commitment {commitment.id} was not paid through the provider")
    move_commitment(
        commitment, "refund", by=("clock", "provider"), actor=CLOCK, at=now, reason=reason
    )
    planning.plan_refund(
        of=InstructionId(commitment.instruction_id),
        subject_id=commitment.id,
        amount=commitment.amount,
        debit_account=_escrow(loan),
        purpose="commitment",
        cause=f"commitment:{commitment.id}",
        reason=reason,
    )


_TAKE = """
    UPDATE loan SET committed_minor = committed_minor + %(amount)s
    WHERE id = %(loan)s AND state = 'listed' AND funding_until > %(now)s
      AND currency = %(currency)s AND borrower_id <> %(lender)s
      AND %(amount)s >= fraction_min_minor
      AND (committed_minor + %(amount)s = amount_minor
           OR committed_minor + %(amount)s <= amount_minor - fraction_min_minor)
"""


@step
def _order(loan_id: UUID, lender_id: UUID, amount: Money, now: datetime) -> Loan:
    """Take a part for a lender who knows the risk and stays within the limits."""
    must_know_risk(lender_id)
    limiting.one_order_at_a_time(lender_id)
    loan = _take(loan_id, lender_id, amount, now)
    limiting.must_be_within_limits(lender_id, loan, amount)
    return loan


@step
def _take(loan_id: UUID, lender_id: UUID, amount: Money, now: datetime) -> Loan:
    facts = {"loan": loan_id, "lender": lender_id, "amount": amount.minor}
    taken = execute(_TAKE, {**facts, "currency": amount.currency, "now": now})
    loan = locked_loan(loan_id)
    if not taken:
        if LoanState(loan.state) not in PUBLIC:
            raise NotFound(str(loan_id))
        refuse_if(commitment_refusals(amount, room_of(loan), lender_id, now))
        raise Stale("somebody else took a part in this moment")
    return loan


@step
def _last_day(loan: Loan, lender_id: UUID) -> date:
    """Return by when a part out of a wallet must leave; refused if the loan may need it longer."""
    held = wallet_age.lots(lender_id, loan.currency)
    if not held:
        raise Refusal("wallet_short", "source")
    until = loan.funding_until or loan.created_at
    needed = held_until(until, loan.reflection_days, loan.sign_days)
    if (stale := wallet_age.too_old(held, needed)) is not None:
        raise age_refusal(stale.amount, stale.leave_by, needed)
    return held[0].leave_by


def room_of(loan: Loan) -> Room:
    """Return what can still be lent to `loan`."""
    return Room(
        left=Money(loan.amount_minor - loan.committed_minor, loan.currency),
        fraction_min=Money(loan.fraction_min_minor, loan.currency),
        until=loan.funding_until or loan.created_at,
        borrower_id=loan.borrower_id,
        open=loan.state == LoanState.LISTED,
    )


def _is_taken(loan: Loan, commitment: Commitment) -> bool:
    """Whether the part is still counted as this lender's."""
    return commitment.state == CommitmentState.AWAITING_PAYMENT and loan.state == LoanState.LISTED


@step
def _retake(loan: Loan, amount: Money, now: datetime) -> bool:
    if loan.state != LoanState.LISTED or commitment_refusals(
        amount, room_of(loan), UUID(int=0), now
    ):
        return False
    loan.committed_minor += amount.minor
    db.session.flush()
    return True


@step
def _give_back(loan: Loan, commitment: Commitment, now: datetime) -> None:
    move_commitment(commitment, "expire", by=("clock",), actor=CLOCK, at=now)
    commitment.closed_at = now
    loan.committed_minor -= commitment.amount_minor
    db.session.flush()


@step
def _reserve(loan: Loan, commitment: Commitment, *, actor: Actor, by: str, now: datetime) -> None:
    """Count a paid part; its reflection begins, and after the last one the loan is funded."""
    loan.lenders += _is_new_lender(commitment)  # asked while nothing waits to be written
    move_commitment(commitment, "pay", by=(by,), actor=actor, at=now)
    commitment.reserved_at, commitment.closed_at = now, None
    loan.reserved_minor += commitment.amount_minor
    announce(CommitmentReserved(commitment.id, loan.id, commitment.lender_id))
    reflecting.begin(commitment, loan, now=now)


@step
def _is_new_lender(commitment: Commitment) -> int:
    other = {"id": commitment.id, "loan": commitment.loan_id, "lender": commitment.lender_id}
    return 0 if scalar(_LENT_BEFORE, {**other, "paid_in": [each.value for each in PAID_IN]}) else 1


_LENT_BEFORE = """
    SELECT EXISTS (SELECT FROM commitment WHERE loan_id = %(loan)s AND lender_id = %(lender)s
        AND id <> %(id)s AND state = ANY(%(paid_in)s))
"""


@step
def _new(  # noqa: PLR0917 - one row
    loan: Loan,
    lender_id: UUID,
    amount: Money,
    form_key: str,
    source: str,
    now: datetime,
    *,
    leave_by: date | None = None,
    expires_at: datetime | None = None,
) -> Commitment:
    commitment = Commitment(
        id=new_id(),
        loan_id=loan.id,
        lender_id=lender_id,
        form_key=form_key,
        source=source,
        state=CommitmentState.AWAITING_PAYMENT.value,
        amount_minor=amount.minor,
        currency=amount.currency,
        created_at=now,
        leave_by=leave_by,
        expires_at=expires_at,
    )
    db.session.add(commitment)
    db.session.flush()
    return commitment


@step
def _same_form(lender_id: UUID, form_key: str) -> Placed | None:
    return row(
        """
        SELECT id AS commitment_id, instruction_id FROM commitment
        WHERE lender_id = %s AND form_key = %s
        """,
        (lender_id, form_key),
        into=Placed,
    )


def _placed(commitment: Commitment) -> Placed:
    instruction = commitment.instruction_id
    return Placed(
        CommitmentId(commitment.id), None if instruction is None else InstructionId(instruction)
    )


def _escrow(loan: Loan) -> int:
    if loan.escrow_account is None:
        raise Stale(f"loan {loan.id} has no account yet: it was never listed")
    return loan.escrow_account
