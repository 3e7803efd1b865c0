"""A loan lived through: its events in their order, and between them the days' charges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from marketplace.loans.replay.books import Books, opened
from marketplace.loans.replay.events import Intent, LoanEvent, Payment, Waiver, in_order
from marketplace.loans.replay.lateness import live_to
from marketplace.loans.replay.position import Applied, Position
from marketplace.loans.replay.prepaying import early, pay_off, pay_part
from marketplace.loans.replay.standing import position_of
from marketplace.loans.replay.till import Till
from marketplace.loans.waterfall import Portion

if TYPE_CHECKING:
    from marketplace.loans.terms import ServicingTerms


def replay(terms: ServicingTerms, events: Iterable[LoanEvent], as_of: date) -> Position:
    """Return where a loan of `terms` stands on `as_of`, after `events`, given in any order.

    A day before the disbursement: ValueError. What cannot have happened is refused (`events`).
    """
    if as_of < terms.schedule.disbursed_on:
        raise ValueError(f"the loan was paid out after {as_of}")
    books = opened(terms)
    for event in in_order(terms, events, as_of):
        live_to(books, event.on)
        if isinstance(event, Waiver):
            _waive(books, event)
        else:
            _receive(books, event)
    live_to(books, as_of)
    return position_of(books)


def _waive(books: Books, waiver: Waiver) -> None:
    """Let off what is open of a charge; one that a backdated payment took away needs no waiver."""
    left = waiver.amount.minor
    for charge in books.run_of(waiver.charge, waiver.last or waiver.charge.on):
        let_off = min(left, charge.open)
        charge.waived += let_off
        left -= let_off


def _receive(books: Books, payment: Payment) -> None:
    till = Till(books, payment.on, payment.amount.minor)
    till.settle_due()
    intent = _use_the_rest(till, payment)
    if intent is not Intent.REGULAR:
        books.add_version(payment.on, payment.id)
    books.applied.append(_applied(till, payment, intent))


def _use_the_rest(till: Till, payment: Payment) -> Intent:
    """Use what is beyond the due as intended; return how it counted.

    A payoff that does not cover everything (a payment before it was taken back, say) shortens
    the term, so that no interest runs on what was repaid.
    """
    if payment.intent is Intent.REGULAR:
        till.settle_ahead()
        return Intent.REGULAR
    cost = early(till.books, till.on) if till.left else None
    if cost is None:
        return Intent.REGULAR
    if till.left >= cost.amount:
        pay_off(till, cost)
        return Intent.PAYOFF
    kept = Intent.SHORTER_TERM if payment.intent is Intent.PAYOFF else payment.intent
    return kept if pay_part(till, cost, kept) else Intent.REGULAR


def _applied(till: Till, payment: Payment, intent: Intent) -> Applied:
    money = till.books.money
    return Applied(
        payment_id=payment.id,
        on=payment.on,
        intent=intent,
        amount=payment.amount,
        principal=money(till.paid(Portion.PRINCIPAL)),
        interest=money(till.paid(Portion.INTEREST)),
        penalty=money(till.paid(Portion.PENALTY)),
        fee=money(till.paid(Portion.FEE)),
        overpaid=money(till.left),
        lines=tuple(till.lines),
    )
