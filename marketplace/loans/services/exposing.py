"""Refuses what would make a borrower owe more than one may."""

from __future__ import annotations

from marketplace.infra.commands import step
from marketplace.infra.database import flush
from marketplace.kernel.errors import refuse_if
from marketplace.kernel.money import Money
from marketplace.loans.exposure import exposure_refusals
from marketplace.loans.models import Loan
from marketplace.loans.queries.exposures import exposure


@step
def insist_room(loan: Loan, asked: Money | None = None) -> None:
    """Refuse where the borrower's other loans leave no room for this one, or for `asked` of it."""
    flush()
    cap = Money(loan.exposure_max_minor, loan.currency)
    found = exposure(loan.borrower_id, cap, besides=loan.id)
    refuse_if(exposure_refusals(asked or loan.amount, found))
