"""Whether the wallet of the lender who is here can pay for a part of a loan, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.loans.funding import age_refusal
from marketplace.loans.queries import wallet_age
from marketplace.loans.queries.public_loan import PublicLoan
from marketplace.loans.queries.wallet_age import Lot
from marketplace.web.guards import may, me
from marketplace.web.locale import _
from marketplace.web.rendering import day_text, money_text


def available(currency: str) -> Money:
    """Return what of a wallet can be spent."""
    found = ledger.balances_of("person:wallet", [me().known()], currency)
    return next((one.available for one in found.values()), Money.zero(currency))


def refusals(loan: PublicLoan, amount: Money) -> list[Refusal]:
    """Return why the wallet cannot pay for a part: too little in it, or it may not stay so long."""
    held = wallet_age.lots(me().known(), loan.currency)
    if not held or amount > available(loan.currency):
        return [Refusal("wallet_short", "source")]
    stale = wallet_age.too_old(held, loan.held_until)
    return [age_refusal(stale.amount, stale.leave_by, loan.held_until)] if stale else []


@dataclass(frozen=True, slots=True)
class Leaving:
    """Which money keeps a wallet from paying, in words, and the way to send just that away."""

    words: str
    href: str
    label: str


def leaving(loan: PublicLoan) -> Leaving | None:
    """Return which money keeps the wallet from paying for a loan, until when, and what to do."""
    if not may("loan.lend") or me().person_id == loan.borrower_id:
        return None
    stale = wallet_age.too_old(wallet_age.lots(me().known(), loan.currency), loan.held_until)
    if stale is None:
        return None
    said = _(
        "%(first)s of it must leave by %(day)s, and this loan may need the money until %(needed)s:"
        " to be funded, thought over and signed. What has been there longest is lent first."
        " Withdraw that much to lend the rest, or pay at the provider.",
        first=money_text(stale.amount),
        day=day_text(stale.leave_by),
        needed=day_text(loan.held_until),
    )
    return told(said, stale)


def told(words: str, stale: Lot) -> Leaving:
    """Return words about money that is too old, with the form that sends it to its owner's bank."""
    amount = stale.amount
    href = url_for("loans.withdraw", currency=amount.currency, amount=str(amount.decimal()))
    return Leaving(words, href, _("Withdraw %(amount)s", amount=money_text(amount)))
