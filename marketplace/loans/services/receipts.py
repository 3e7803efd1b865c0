"""Receipts: what comes in for a loan is written down once, and the loan is replayed with it.

The portions of a receipt are what the replay of everything received gives more than before. So a
payment that comes late, counts from an earlier day or is taken back again corrects what was
allocated, by differences: every receipt stays as it was written.

The money of a receipt is in the loan's escrow when it is recorded; settlement shares it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.infra.commands import step
from marketplace.infra.database import db, execute, flush, row
from marketplace.infra.events import announce
from marketplace.kernel.actors import SETTLEMENT
from marketplace.kernel.errors import Broken, NotFound, Refusal
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.loans.events import PaymentReceived
from marketplace.loans.models import Loan, Receipt
from marketplace.loans.queries import history
from marketplace.loans.replay.events import Intent, LoanEvent, Payment, Reversal
from marketplace.loans.replay.position import Position
from marketplace.loans.services.moving import locked_loan, move_loan
from marketplace.loans.services.projecting import Changes, project
from marketplace.loans.states import LoanState

_PORTIONS: Final = ("principal", "interest", "penalty", "fee", "overpaid")
_REPAID: Final = frozenset({LoanState.ACTIVE, LoanState.PAID_OFF})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a payment comes from; one receipt is written for each `source` and `source_id`.

    `leave_by` is by when money out of a wallet must have left it; money that came by an
    instruction needs none.
    """

    source: str
    source_id: UUID
    instruction_id: UUID | None = None
    bill_id: UUID | None = None
    leave_by: date | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """A receipt was written that takes another back: which bills are due again by that."""

    receipt: Receipt
    reopened: tuple[UUID, ...]


@step
def record(
    loan_id: UUID,
    origin: Origin,
    *,
    amount: Money,
    effective_on: date,
    received_at: datetime,
    intent: Intent = Intent.REGULAR,
) -> Receipt:
    """Write down a payment that counts from `effective_on`, and return its receipt.

    The same origin again is the same receipt. A day before the disbursement or after
    `received_at`, nothing or less, another currency, and a loan that is not being repaid are
    refused. What is too much is overpaid: settlement puts it into the borrower's wallet.
    """
    loan = locked_loan(loan_id)
    if (known := find(origin)) is not None:
        return known
    if loan.state not in _REPAID:
        raise Refusal("loan_not_repaid")
    receipt_id = new_id()
    payment = Payment(receipt_id, effective_on, amount, intent)
    receipt, _changes = _write(
        loan,
        origin,
        receipt_id=receipt_id,
        event=payment,
        amount=amount,
        effective_on=effective_on,
        at=received_at,
    )
    announce(PaymentReceived(receipt.id, loan.id, loan.borrower_id))
    return receipt


@step
def reverse(receipt_id: UUID, *, at: datetime, counter_account: int | None = None) -> Corrected:
    """Take a payment back as if it had never been made, and return what was written for it.

    What lenders had of it is taken back when settlement shares the difference, and then the
    payment's money goes to `counter_account`; None where it has left the loan's escrow by then.
    Nobody shares anything meanwhile. A correction, and what was taken back before, are refused.
    """
    hold_sharing_off()
    found = _locked(receipt_id)
    loan = locked_loan(found.loan_id)
    if found.source in {"reversal", "replay"}:
        raise Refusal("receipt_not_payment")
    if reversal_of(receipt_id) is not None:
        raise Refusal("receipt_reversed")
    written, changes = _write(
        loan,
        Origin("reversal", found.id, found.instruction_id, found.bill_id),
        receipt_id=(reversal_id := new_id()),
        event=Reversal(reversal_id, found.id),
        amount=-found.amount,
        effective_on=found.effective_on,
        at=at,
        of_id=found.id,
        counter_account=counter_account,
    )
    if loan.state == LoanState.PAID_OFF and loan.settled_on is None:
        move_loan(loan, "reopen", by=("settlement",), actor=SETTLEMENT, at=at)
        loan.closed_at = None
        db.session.flush()
    return Corrected(written, changes.reopened)


@step
def correct(loan: Loan, cause: UUID, *, at: datetime) -> Receipt:
    """Write down how portions shift by something that is no payment, such as a waiver.

    The receipt's amount is nothing; `cause` is what made it, once.
    """
    receipt, _changes = _write(
        loan,
        Origin("replay", cause),
        receipt_id=new_id(),
        event=None,
        amount=Money.zero(loan.currency),
        effective_on=at.date(),
        at=at,
    )
    return receipt


@step
def hold_sharing_off() -> None:
    """Wait for whoever shares repayments, and let nobody share until this transaction ends."""
    execute("SELECT pg_advisory_xact_lock(hashtext('settlement.distribute'))")


@step
def find(origin: Origin) -> Receipt | None:
    """Return the receipt of an origin, if it was written."""
    query = select(Receipt).where(
        Receipt.source == origin.source, Receipt.source_id == origin.source_id
    )
    return db.session.scalars(query).one_or_none()


@step
def of_instruction(instruction_id: UUID) -> Receipt | None:
    """Return the receipt of a payment through the provider that nobody has taken back."""
    query = select(Receipt).where(
        Receipt.instruction_id == instruction_id, Receipt.source != "reversal"
    )
    found = db.session.scalars(query.order_by(Receipt.sequence.desc())).all()
    return next((one for one in found if reversal_of(one.id) is None), None)


@step
def first_of_instruction(instruction_id: UUID) -> Receipt | None:
    """Return the first receipt of a payment through the provider, taken back or not."""
    query = select(Receipt).where(Receipt.instruction_id == instruction_id)
    return db.session.scalars(query.order_by(Receipt.sequence).limit(1)).one_or_none()


@step
def reversal_of(receipt_id: UUID) -> Receipt | None:
    """Return what took a receipt back, if anything did."""
    return db.session.scalars(select(Receipt).where(Receipt.of_id == receipt_id)).one_or_none()


@step
def _write(
    loan: Loan,
    origin: Origin,
    *,
    receipt_id: UUID,
    event: LoanEvent | None,
    amount: Money,
    effective_on: date,
    at: datetime,
    of_id: UUID | None = None,
    counter_account: int | None = None,
) -> tuple[Receipt, Changes]:
    """Replay the loan with `event`, and write down what is different."""
    flush()
    until = max(at.date(), loan.last_closed_on or at.date())  # charges are made up to there
    position = history.position(loan, until, more=[event] if event else [])
    before = _totals(loan.id)
    receipt = Receipt(
        id=receipt_id,
        loan_id=loan.id,
        sequence=before.sequence + 1,
        source=origin.source,
        source_id=origin.source_id,
        instruction_id=origin.instruction_id,
        bill_id=origin.bill_id,
        of_id=of_id,
        intent=event.intent.value if isinstance(event, Payment) else Intent.REGULAR.value,
        effective_on=effective_on,
        received_at=at,
        leave_by=origin.leave_by,
        counter_account=counter_account,
        amount_minor=amount.minor,
        currency=loan.currency,
        **_portions(position, before, amount),
        **_touched(position, receipt_id),
    )
    db.session.add(receipt)
    db.session.flush()
    return receipt, project(loan, position, now=at, cause=receipt_id)


def _portions(position: Position, before: _Totals, amount: Money) -> dict[str, int]:
    """Return what the replay gives more of each portion than was received before."""
    found = {
        f"{name}_minor": getattr(position, name).minor - getattr(before, name) for name in _PORTIONS
    }
    if sum(found.values()) != amount.minor:
        raise Broken(f"replaying a loan with {amount} gives {found}")
    return found


def _touched(position: Position, payment_id: UUID) -> dict[str, int | None]:
    """Return the first and the last instalment that a payment settled something of."""
    lines = (one.lines for one in position.applied if one.payment_id == payment_id)
    found = [line.n for line in next(lines, ())]
    return {"first_n": min(found, default=None), "last_n": max(found, default=None)}


@dataclass(frozen=True, slots=True)
class _Totals:
    sequence: int
    principal: int
    interest: int
    penalty: int
    fee: int
    overpaid: int


_TOTALS: Final = """
    SELECT coalesce(max(sequence), 0) AS sequence,
        coalesce(sum(principal_minor), 0)::bigint AS principal,
        coalesce(sum(interest_minor), 0)::bigint AS interest,
        coalesce(sum(penalty_minor), 0)::bigint AS penalty,
        coalesce(sum(fee_minor), 0)::bigint AS fee,
        coalesce(sum(overpaid_minor), 0)::bigint AS overpaid
    FROM receipt WHERE loan_id = %s
"""


@step
def _totals(loan_id: UUID) -> _Totals:
    found = row(_TOTALS, (loan_id,), into=_Totals)
    if found is None:
        raise Broken("a sum is always one row")
    return found


@step
def _locked(receipt_id: UUID) -> Receipt:
    found = db.session.get(Receipt, receipt_id)
    if found is None:
        raise NotFound(str(receipt_id))
    return found
