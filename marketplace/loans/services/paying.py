"""The borrower pays: at the provider, in whole or in part, from the wallet, or by autopay.

Every payment becomes a receipt; which of it settles what is for the loan's replay to say.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select

from marketplace.escrow.queries import disputes
from marketplace.escrow.services import planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.loans import quoting
from marketplace.loans.models import Bill, Loan, Receipt
from marketplace.loans.queries import autopay, history, wallet_age
from marketplace.loans.replay.events import Intent
from marketplace.loans.services import receipts, returning_payments
from marketplace.loans.services.moving import escrow_of, locked_loan
from marketplace.loans.services.receipts import Origin

_CHECKOUT_MINUTES: Final = 60


@command
def open_checkout(
    actor: Actor, bill_id: UUID, *, now: datetime, amount: Money | None = None
) -> InstructionId:
    """Plan the checkout for the borrower's oldest open bill, and return it.

    All that is due up to that bill is asked for, or the `amount` wished: a part, or more, up to
    what ends the loan. A bill that is paid, one while an older one is open, and one that is just
    being charged to the saved card is refused.
    """
    bill, loan = _open_bill(actor, bill_id)
    ref, loan_ref = public_id("bil", bill.id), public_id("ln", loan.id)
    planned = planning.plan_checkout(
        purpose="bill",
        subject_id=bill.id,
        person_id=bill.borrower_id,
        amount=_wished(loan, bill, amount, now),
        credit_account=escrow_of(loan),
        description=loan.title,
        return_path=f"/my/loans/{loan_ref}/bills/{ref}/return",
        cancel_path=f"/my/loans/{loan_ref}",
        expires_at=now + timedelta(minutes=_CHECKOUT_MINUTES),
        cause=f"loan:{loan.id}",
    )
    bill.instruction_id = planned
    return planned


@command
def pay_from_wallet(
    actor: Actor, bill_id: UUID, *, form_key: str, now: datetime, amount: Money | None = None
) -> UUID:
    """Pay the oldest open bill from the wallet, at once; returns the receipt.

    The same form again is the same payment. Refused as `open_checkout` does, and where the
    wallet holds less.
    """
    loan_id = _loan_of(bill_id)
    loan = locked_loan(loan_id, borrower_id=actor.known())
    origin = wallet_origin(loan, form_key, bill_id=bill_id)
    if (known := receipts.find(origin)) is not None:
        return known.id
    bill, _loan = _open_bill(actor, bill_id)
    wished = _wished(loan, bill, amount, now)
    return take_from_wallet(loan, origin, amount=wished, now=now).id


@command
def mark_paid(bill_id: UUID, instruction_id: UUID, *, amount: Money, paid_at: datetime) -> None:
    """The provider holds a payment of a bill; one of which nothing is left to pay goes back whole.

    So does one of a bill that is gone, because the loan's payout came back: it was never owed.
    Told again, or told after its bank took it back, it changes nothing.
    """
    loan = locked_loan(returning_payments.loan_of(instruction_id))
    bill = _found(bill_id)
    if disputes.is_recovered(instruction_id):
        return
    by_autopay = bill is not None and bill.charge_id == instruction_id
    origin = Origin(
        "autopay" if by_autopay else "online", instruction_id, instruction_id, bill_id=bill_id
    )
    if receipts.find(origin) is not None:
        return
    if bill is None or (bill.paid_at is not None and not _is_due(loan, paid_at)):
        returning_payments.give_back(instruction_id, amount=amount)
        return
    receipts.record(
        loan.id, origin, amount=amount, effective_on=paid_at.date(), received_at=paid_at
    )
    bill.instruction_id = instruction_id


@step
def take_from_wallet(
    loan: Loan,
    origin: Origin,
    *,
    amount: Money,
    now: datetime,
    intent: Intent = Intent.REGULAR,
) -> Receipt:
    """Move the borrower's wallet money into the loan's escrow and write its receipt."""
    wallet = ledger.account("person:wallet", amount.currency, loan.borrower_id)
    try:
        ledger.post(
            f"loans.paid_from_wallet:{origin.source_id}",
            [Move(wallet, escrow_of(loan), amount, "bill")],
            cause=f"loan:{loan.id}",
            actor=f"person:{loan.borrower_id}",
            happened_at=now,
        )
    except Refusal as refusal:
        if refusal.code == "overdraft":
            raise Refusal("wallet_lacks", "amount") from None
        raise
    return receipts.record(
        loan.id,
        origin,
        amount=amount,
        effective_on=now.date(),
        received_at=now,
        intent=intent,
    )


def wallet_origin(loan: Loan, form_key: str, *, bill_id: UUID | None = None) -> Origin:
    """Return where a wallet payment made with that form comes from; the same each time."""
    return Origin(
        "wallet",
        uuid5(loan.borrower_id, form_key),
        bill_id=bill_id,
        leave_by=wallet_age.oldest(loan.borrower_id, loan.currency),
    )


@step
def _open_bill(actor: Actor, bill_id: UUID) -> tuple[Bill, Loan]:
    """Return the actor's bill and its loan, locked, if it is the one to be paid now."""
    loan = locked_loan(_loan_of(bill_id), borrower_id=actor.known())
    bill = _locked(bill_id)
    if bill.paid_at is not None:
        raise Refusal("bill_paid")
    if _older_open(bill):
        raise Refusal("bill_older_open")
    if autopay.is_under_way(bill.id):
        raise Refusal("bill_being_charged")
    return bill, loan


@step
def _wished(loan: Loan, bill: Bill, amount: Money | None, now: datetime) -> Money:
    position = history.position(loan, now.date())
    wished = quoting.asked(position, bill.n) if amount is None else amount
    quoting.check_amount(position, wished, quoting.all_open(position))
    return wished


@step
def _is_due(loan: Loan, at: datetime) -> bool:
    """Whether anything of the loan is asked for on that day."""
    return history.position(loan, at.date()).due().is_positive


@step
def _loan_of(bill_id: UUID) -> UUID:
    """Return the loan of a bill: it is locked first, as everyone does."""
    found = db.session.scalars(select(Bill.loan_id).where(Bill.id == bill_id)).one_or_none()
    if found is None:
        raise NotFound(str(bill_id))
    return found


@step
def _found(bill_id: UUID) -> Bill | None:
    """Return a bill, locked; None where it is gone."""
    query = select(Bill).where(Bill.id == bill_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


@step
def _locked(bill_id: UUID) -> Bill:
    found = _found(bill_id)
    if found is None:
        raise NotFound(str(bill_id))
    return found


@step
def _older_open(bill: Bill) -> bool:
    query = select(Bill.id).where(
        Bill.loan_id == bill.loan_id, Bill.n < bill.n, Bill.paid_at.is_(None)
    )
    return db.session.scalars(query.limit(1)).first() is not None
