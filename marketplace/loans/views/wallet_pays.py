"""Whether the wallet of the lender who is here can pay for a part of a loan, and why not."""

from __future__ import annotations

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.loans.funding import age_refusals, may_stay
from marketplace.loans.queries import wallet_age
from marketplace.loans.queries.public_loan import PublicLoan
from marketplace.web.guards import may, me
from marketplace.web.locale import _
from marketplace.web.rendering import day_text, money_text


def available(currency: str) -> Money:
    """Return what of a wallet can be spent."""
    found = ledger.balances_of("person:wallet", [me().known()], currency)
    return next((one.available for one in found.values()), Money.zero(currency))


def refusals(loan: PublicLoan, amount: Money) -> list[Refusal]:
    """Return why the wallet cannot pay for a part: too little in it, or it may not stay so long."""
    first = wallet_age.first_to_leave(me().known(), loan.currency)
    if first is None or amount > available(loan.currency):
        return [Refusal("wallet_short", "source")]
    return age_refusals(first.amount, first.leave_by, loan.held_until)


def leaving(loan: PublicLoan) -> str | None:
    """Return which money keeps the wallet from paying for a loan, until when, and what to do."""
    if not may("loan.lend") or me().person_id == loan.borrower_id:
        return None
    first = wallet_age.first_to_leave(me().known(), loan.currency)
    if first is None or may_stay(first.leave_by, loan.held_until):
        return None
    return _(
        "%(first)s of it must leave by %(day)s, and this loan may need the money until %(needed)s:"
        " to be funded, thought over and signed. What has been there longest is lent first."
        " Withdraw that much to lend the rest, or pay at the provider.",
        first=money_text(first.amount),
        day=day_text(first.leave_by),
        needed=day_text(loan.held_until),
    )
