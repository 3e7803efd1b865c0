"""The borrower answers an offer; what is accepted is listed for lenders."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from marketplace.escrow import queries as escrow
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db
from marketplace.infra.events import announce
from marketplace.kernel.actors import CLOCK, Actor
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.loans.events import LoanListed
from marketplace.loans.funding import least_allowed, least_refusals
from marketplace.loans.models import Loan, LoanProduct
from marketplace.loans.services import exposing, granting
from marketplace.loans.services.moving import locked_loan, move_loan
from marketplace.loans.states import LoanState


@command
def accept(actor: Actor, loan_id: UUID, *, take_least: Money | None = None, now: datetime) -> None:
    """Accept the terms; lenders can invest from now until the end of the funding window.

    A request for a credit line is granted instead: nothing is lent before somebody draws.
    With `take_least` the borrower says that so little would be taken too, should the time end
    before the loan is full; without it, it is all or nothing.
    """
    loan = locked_loan(loan_id, borrower_id=actor.known())
    if loan.state == LoanState.OFFERED and loan.offer_until and now >= loan.offer_until:
        raise Refusal("offer_lapsed")
    product = db.session.get_one(LoanProduct, loan.product_id)
    granted = product.draw_months is not None
    move = "grant" if granted else "accept"
    move_loan(loan, move, by=("borrower",), actor=actor, at=now)
    exposing.insist_room(loan)
    if granted:
        granting.grant(loan, product, actor, now=now)
        return
    if take_least is not None:
        _agree_to_less(loan, product, take_least)
    list_for_lenders(loan, product, now=now)


@step
def list_for_lenders(loan: Loan, product: LoanProduct, *, now: datetime) -> None:
    """Open a loan for lenders until the end of the funding window."""
    # What lenders pay in must be lent or given back before the provider may hold it no longer,
    # and who pays in the last minute may think about it for as long as the first.
    held_days = escrow.terms().limits.collecting_days_max
    days = max(1, min(product.funding_days, held_days - loan.reflection_days))
    loan.listed_at, loan.funding_until = now, now + timedelta(days=days)
    loan.escrow_account = ledger.account("escrow:loan", loan.currency, loan.id)
    announce(LoanListed(loan.id, loan.borrower_id))


@step
def _agree_to_less(loan: Loan, product: LoanProduct, least: Money) -> None:
    product_min = Money(product.amount_min_minor, loan.currency)
    allowed = least_allowed(loan.amount, loan.funding_min_bps, product_min)
    refuse_if(least_refusals(least, loan.amount, allowed))
    loan.take_min_minor = least.minor if least < loan.amount else None


@command
def lapse_due(*, now: datetime) -> int:
    """Close the offers nobody answered in time; returns how many."""
    found = column(
        "SELECT id FROM loan WHERE state = 'offered' AND offer_until <= %s ORDER BY id", (now,)
    )
    for loan_id in found:
        loan = locked_loan(loan_id)
        if loan.state == LoanState.OFFERED:
            move_loan(loan, "lapse", by=("clock",), actor=CLOCK, at=now, reason="offer_lapsed")
            loan.closed_at = now
    return len(found)
