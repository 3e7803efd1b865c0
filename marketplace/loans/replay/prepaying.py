"""Paying before it is due: all of it, or a part that lowers the instalment or shortens the term.

Interest runs to the day on the principal that is not due yet, and never beyond what the schedule
asks for the period. What is left of the payment after it and the fee repays principal; the rest
of the schedule is made anew on what remains, for the days that remain.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from marketplace.kernel.days import DayCount, year_fraction
from marketplace.kernel.rates import rounded, share
from marketplace.loans.payoff import accrued_fraction
from marketplace.loans.replay.events import ChargeKey, ChargeKind, Intent
from marketplace.loans.replay.rest import Rest, rest_of
from marketplace.loans.waterfall import Portion

if TYPE_CHECKING:
    from marketplace.loans.replay.books import Books
    from marketplace.loans.replay.till import Till


@dataclass(frozen=True, slots=True)
class Early:
    """What ending the loan costs on a day, beside what is due: principal, interest and fee.

    `at` is the row whose period runs, `accrued` all of its interest to the day, `interest` what
    of that is not paid yet.
    """

    at: int
    principal: int
    accrued: int
    interest: int
    interest_saved: int
    fee: int

    @property
    def amount(self) -> int:
        """Return what is to be paid."""
        return self.principal + self.interest + self.fee


def early(books: Books, on: date) -> Early | None:
    """Return what would end the loan on `on`; None once everything has fallen due."""
    at = books.running(on)
    if at is None:
        return None
    ahead = books.rows[at:]
    principal = sum(row.open_principal for row in ahead)
    accrued = _accrued(books, at, principal, on)
    interest = max(0, accrued - ahead[0].interest_paid)
    saved = sum(row.open_interest for row in ahead) - interest
    return Early(at, principal, accrued, interest, saved, _fee(books, principal, saved, on))


def pay_off(till: Till, cost: Early) -> None:
    """End the loan: what is not paid by this is not asked for any more."""
    _pay(till, cost, cost.principal, cost.fee)
    for row in till.books.rows[cost.at :]:
        row.principal, row.interest = row.principal_paid, row.interest_paid
    _close(till.books, cost.at, till.on)


def pay_part(till: Till, cost: Early, intent: Intent) -> bool:
    """Prepay what is left in the till; False where it does not go beyond the interest to date."""
    books, row = till.books, till.books.rows[cost.at]
    if till.left <= cost.interest:
        till.pay_row(row, Portion.INTEREST, till.left)
        return False
    principal, fee = _affordable(books, cost, till.left - cost.interest, till.on, intent)
    rest = rest_of(books, cost.at, cost.principal - principal, till.on, intent)
    _pay(till, cost, principal, fee)
    _ask_for(books, cost, rest)
    row.accrued_to, row.accrued = till.on, cost.accrued
    books.even = rest.even
    _close(books, cost.at, till.on, keep_number=intent is Intent.LOWER_INSTALMENT)
    return True


def _pay(till: Till, cost: Early, principal: int, fee: int) -> None:
    """Count out the interest to date, the fee and the principal, on the row that runs."""
    books, row = till.books, till.books.rows[cost.at]
    till.pay_row(row, Portion.INTEREST, cost.interest)
    if fee:
        key = ChargeKey(ChargeKind.PREPAYMENT_FEE, row.n, till.on)
        till.pay_charges([books.charge(key, fee)], fee)
    till.pay_row(row, Portion.PRINCIPAL, principal)
    row.prepaid += principal
    row.prepaid_interest += cost.interest
    books.prepaid += principal


def _ask_for(books: Books, cost: Early, rest: Rest) -> None:
    """Ask for the new parts on top of what is paid; no prepayment raises any row's interest."""
    for at, (principal, interest) in enumerate(rest.parts):
        row, run = books.rows[cost.at + at], 0 if at else cost.accrued
        row.principal = row.principal_paid + principal
        row.interest = min(row.interest, max(row.interest_paid, run + interest))


def _close(books: Books, at: int, on: date, *, keep_number: bool = False) -> None:
    """Note what is settled by it; rows at the end that ask for nothing any more are gone."""
    while not keep_number and len(books.rows) > at + 1 and not books.rows[-1].total:
        books.rows.pop()
    for row in books.rows[at:]:
        row.settled_on = None if row.open else row.settled_on or on


def _accrued(books: Books, at: int, principal: int, on: date) -> int:
    """Return the interest of row `at` that has run by `on`, never more than the row asks for."""
    row, terms = books.rows[at], books.terms.schedule
    run = _run(books, at, on) - _run(books, at, row.accrued_to or books.starts[at])
    interest = rounded(principal * share(terms.annual_rate_pct) * run, terms.rounding)
    return min(row.accrued + interest, row.interest)


def _run(books: Books, at: int, on: date) -> Fraction:
    """Return the part of a year that row `at` has run by `on`, as the terms count it to a day."""
    start, day = books.starts[at], min(on, books.ends[at])
    convention = books.terms.prepayment.interest_to_date
    if convention is None or convention is DayCount.EQUAL_PERIOD:
        return accrued_fraction(books.terms.schedule, at, start, day)
    return year_fraction(convention, start, day)


def _affordable(books: Books, cost: Early, left: int, on: date, intent: Intent) -> tuple[int, int]:
    """Return the principal that `left` repays, and the fee for it; together they are `left`."""
    if not books.terms.prepayment.fee_bps:
        return min(left, cost.principal), 0

    def uncapped(principal: int) -> int:
        return _fee(books, principal, principal, on)  # a fee is never more than what it is for

    def capped(principal: int) -> int:
        rest = rest_of(books, cost.at, cost.principal - principal, on, intent)
        return _fee(books, principal, _saved(books, cost, rest), on)

    most = min(left, cost.principal)
    found = _most(uncapped, left, most)
    charged = capped(found)
    if charged < uncapped(found):
        charged = capped(_most(capped, left, most))
    return min(left - charged, cost.principal), charged


def _most(fee: Callable[[int], int], left: int, most: int) -> int:
    """Return the largest principal up to `most` that `left` pays together with its fee."""
    return bisect_right(range(most + 1), left, key=lambda minor: minor + fee(minor)) - 1


def _saved(books: Books, cost: Early, rest: Rest) -> int:
    """Return the interest of the schedule that `rest` no longer asks for."""
    asked = sum(row.open_interest for row in books.rows[cost.at :])
    still = sum(interest for _, interest in rest.parts)
    return asked - cost.interest - still


def _fee(books: Books, principal: int, saved: int, on: date) -> int:
    if not principal:
        return 0
    rule, ends_on = books.terms.prepayment, books.rows[-1].due
    return rule.fee(books.money(principal), books.money(saved), on=on, ends_on=ends_on).minor
