"""Paying a loan off before its end: what it costs on a day, and what it saves.

Interest runs from the last due date paid on time (or the disbursement) to the payoff date, on the
principal outstanding after it, simple and rounded once. Under EQUAL_PERIOD every full unpaid
period counts as one period and the broken one by its actual days over the actual days of that
period; under the other conventions the year fraction between the two dates. A product may count
the broken period by another convention, its interest to date.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from marketplace.kernel.days import DayCount, due_date, year_fraction
from marketplace.kernel.money import Money
from marketplace.kernel.rates import percent_of
from marketplace.loans.schedule import Terms, build, due_of, interest_on

if TYPE_CHECKING:
    from datetime import date

FEE_MAX_PCT: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Payoff:
    """What closes the loan; `interest_saved` is the scheduled interest that is not asked for."""

    principal: Money
    interest: Money
    fee: Money
    interest_saved: Money

    @property
    def amount(self) -> Money:
        """Return what is to be paid."""
        return self.principal + self.interest + self.fee


def quote(
    terms: Terms,
    paid: int,
    on: date,
    fee_pct: Decimal = Decimal(0),
    interest_to_date: DayCount | None = None,
) -> Payoff:
    """Return the payoff of `terms` on that day, after `paid` instalments paid on time.

    `fee_pct` is in percent of the principal prepaid, `interest_to_date` how the days of the
    broken period are counted (None: as the terms count them). More instalments than there are, a
    day before the last one paid, or a fee outside 0 to 100 percent: ValueError with a sentence.
    """
    rows = build(terms)
    if not 0 <= paid <= len(rows):
        raise ValueError(f"0 to {len(rows)} instalments can have been paid")
    if not fee_pct.is_finite() or not 0 <= fee_pct <= FEE_MAX_PCT:
        raise ValueError(f"the prepayment fee is 0 to {FEE_MAX_PCT} percent")
    since = rows[paid - 1].due if paid else terms.disbursed_on
    if on < since:
        raise ValueError(f"the payoff on {on} is before {since}, up to which interest is paid")
    principal = rows[paid - 1].outstanding if paid else terms.principal
    periods_paid = terms.instalments if paid == len(rows) else paid
    run = fraction_to_date(terms, periods_paid, since, on, interest_to_date)
    interest = interest_on(principal, terms, run)
    scheduled = Money.total((row.interest for row in rows[paid:]), principal.currency)
    fee = percent_of(principal, fee_pct, terms.rounding)
    return Payoff(principal, interest, fee, scheduled - interest)


def accrued_fraction(terms: Terms, periods_paid: int, since: date, on: date) -> Fraction:
    """Return the part of a year from `since`, the end of period `periods_paid`, to `on`."""
    if terms.day_count is not DayCount.EQUAL_PERIOD:
        return year_fraction(terms.day_count, since, on)
    full, start = _full_periods(terms, periods_paid, since, on)
    end = due_of(terms, periods_paid + full + 1)
    broken = Fraction((on - start).days, (end - start).days)
    return terms.period.year_fraction * (full + broken)


def fraction_to_date(
    terms: Terms, periods_paid: int, since: date, on: date, convention: DayCount | None
) -> Fraction:
    """Return the same with the days of the broken period counted by `convention`.

    No broken period comes to more than a whole one.
    """
    if convention is None or convention is DayCount.EQUAL_PERIOD:
        return accrued_fraction(terms, periods_paid, since, on)
    full, start = _full_periods(terms, periods_paid, since, on)
    end = due_of(terms, periods_paid + full + 1)
    whole = accrued_fraction(terms, periods_paid, since, start)
    most = accrued_fraction(terms, periods_paid, since, end) - whole
    return whole + min(year_fraction(convention, start, on), most)


def _full_periods(terms: Terms, periods_paid: int, since: date, on: date) -> tuple[int, date]:
    """Return how many whole periods lie between, and when the broken one began."""
    full, start = _first_guess(terms, periods_paid, on), since
    while full and due_of(terms, periods_paid + full) > on:
        full -= 1
    if full:
        start = due_of(terms, periods_paid + full)
    return full, start


def _first_guess(terms: Terms, periods_paid: int, on: date) -> int:
    """Return a count of periods that is never too small: a period is at least `days` long.

    Counted from the day the last paid one would have ended without a holiday.
    """
    days = {"MONTHS": 28, "WEEKS": 7, "DAYS": 1}[terms.period.unit] * terms.period.every
    anchor = due_date(terms.disbursed_on, terms.period, periods_paid)
    return max(0, (on - anchor).days // days)
