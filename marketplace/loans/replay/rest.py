"""The rest of a schedule, made anew after a prepayment, by the method that was signed.

Shortening the term keeps what an instalment comes to and lets the last ones go; lowering the
instalment keeps their number. Where principal is due at the end alone both only save interest.
Instalments settled in advance stay settled: the next ones begin after them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from marketplace.kernel.rates import rounded, share
from marketplace.loans.payoff import accrued_fraction
from marketplace.loans.replay.events import Intent
from marketplace.loans.schedule import Method, level_instalment, level_over

if TYPE_CHECKING:
    from marketplace.loans.replay.books import Books, OpenRow

Parts = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Rest:
    """What the rows from the running one on still ask for: (principal, interest) of each."""

    parts: Parts
    even: int | None


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What a method needs: the rows to come, the parts of a year they still run, the balance."""

    books: Books
    rows: list[OpenRow]
    shares: list[Fraction]
    balance: int
    shorter: bool

    @property
    def first(self) -> int:
        """How many rows at the front are settled in advance."""
        found = (at for at, row in enumerate(self.rows) if row.open > 0)
        return next(found, len(self.rows))

    def interest(self, balance: int, at: int) -> int:
        """Return the interest of one row on `balance`, rounded once."""
        terms = self.books.terms.schedule
        return rounded(balance * share(terms.annual_rate_pct) * self.shares[at], terms.rounding)


def rest_of(books: Books, at: int, balance: int, on: date, intent: Intent) -> Rest:
    """Return what is asked for from row `at` on when `balance` is left on `on`."""
    shares = [_left_of(books, at, on), *books.shares[at + 1 : len(books.rows)]]
    shorter = intent is not Intent.LOWER_INSTALMENT
    ahead = _Ahead(books, books.rows[at:], shares, balance, shorter)
    return _RESTS[books.terms.schedule.method](ahead)


def _left_of(books: Books, at: int, on: date) -> Fraction:
    """The part of a year that is left of a period, counted as the schedule counts."""
    day = min(on, books.ends[at])
    run = accrued_fraction(books.terms.schedule, at, books.starts[at], day)
    return max(Fraction(0), books.shares[at] - run)


def _equal_instalment(ahead: _Ahead) -> Rest:
    first, left, parts = ahead.first, ahead.balance, []
    even = _level(ahead)
    for at, row in enumerate(ahead.rows):
        interest = ahead.interest(left, at)
        paid = row.paid_ahead if ahead.shorter else 0
        repaid = 0 if at < first else _bounded(even - paid - interest, left)
        parts.append((repaid, interest))
        left -= repaid
    return Rest(_cleared(parts, left), even)


def _level(ahead: _Ahead) -> int:
    terms = ahead.books.terms.schedule
    if ahead.shorter:
        kept = ahead.books.even
        return level_instalment(terms).minor if kept is None else kept
    shares = ahead.shares[ahead.first :]
    if not shares or not ahead.balance:
        return 0
    return level_over(replace(terms, principal=ahead.books.money(ahead.balance)), shares)


def _equal_principal(ahead: _Ahead) -> Rest:
    left, parts = ahead.balance, []
    even, repaid = _evenly(ahead)
    for at, principal in enumerate(repaid):
        parts.append((principal, ahead.interest(left, at)))
        left -= principal
    return Rest(parts, even)


def _flat(ahead: _Ahead) -> Rest:
    """Interest on what was lent and never prepaid, whatever is repaid of it meanwhile."""
    books = ahead.books
    coming = sum(row.open_principal for row in ahead.rows)
    base = books.terms.schedule.principal.minor - books.prepaid - (coming - ahead.balance)
    even, repaid = _evenly(ahead)
    owing, parts = ahead.balance, []
    for at, principal in enumerate(repaid):
        parts.append((principal, ahead.interest(base, at) if owing else 0))
        owing -= principal
    return Rest(parts, even)


def _at_the_end(ahead: _Ahead) -> Rest:
    parts = [(0, ahead.interest(ahead.balance, at)) for at in range(len(ahead.rows))]
    parts[-1] = (ahead.balance, parts[-1][1])
    return Rest(parts, None)


_RESTS: Final[dict[Method, Callable[[_Ahead], Rest]]] = {
    Method.EQUAL_INSTALMENT: _equal_instalment,
    Method.EQUAL_PRINCIPAL: _equal_principal,
    Method.INTEREST_ONLY: _at_the_end,
    Method.BULLET: _at_the_end,
    Method.FLAT: _flat,
}


def _evenly(ahead: _Ahead) -> tuple[int, list[int]]:
    """Return the even part of principal, and what each row repays of the balance."""
    terms, first = ahead.books.terms.schedule, ahead.first
    if not ahead.shorter:
        rows = max(1, len(ahead.rows) - first)
        even = rounded(Fraction(ahead.balance, rows), terms.rounding)
    elif ahead.books.even is None:
        even = rounded(Fraction(terms.principal.minor, terms.instalments), terms.rounding)
    else:
        even = ahead.books.even
    left, parts = ahead.balance, []
    for at, row in enumerate(ahead.rows):
        paid = row.principal_ahead if ahead.shorter else 0
        repaid = 0 if at < first else _bounded(even - paid, left)
        parts.append((repaid, 0))
        left -= repaid
    return even, [principal for principal, _ in _cleared(parts, left)]


def _bounded(principal: int, left: int) -> int:
    return max(0, min(principal, left))


def _cleared(parts: Parts, left: int) -> Parts:
    """The last row takes what is left over."""
    principal, interest = parts[-1]
    return [*parts[:-1], (principal + left, interest)]
