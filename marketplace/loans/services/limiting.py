"""Nobody lends more than the policy allows, however many orders are sent at once."""

from __future__ import annotations

from uuid import UUID

from marketplace.infra.commands import step
from marketplace.infra.database import execute
from marketplace.kernel.errors import refuse_if
from marketplace.kernel.money import Money
from marketplace.loans.funding import limit_refusals
from marketplace.loans.models import Loan
from marketplace.loans.queries import limits


@step
def one_order_at_a_time(lender_id: UUID) -> None:
    """Let a lender's orders wait for each other: the second sees what the first took."""
    execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"loans.lender:{lender_id}",))


@step
def must_be_within_limits(lender_id: UUID, loan: Loan, amount: Money) -> None:
    """Refuse an order that would break a limit; the order itself is not counted yet."""
    has = limits.exposure(lender_id, loan.borrower_id, loan.currency)
    refuse_if(limit_refusals(amount, has, limits.limits(loan.currency)))
