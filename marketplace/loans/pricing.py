"""What a loan costs and what lending to it brings: one quote for every page that shows figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, Protocol

from marketplace.kernel.calendars import Calendar
from marketplace.kernel.days import DayCount, Period, Unit
from marketplace.kernel.money import Money
from marketplace.kernel.rates import Rounding, bps_of, rounded
from marketplace.loans.apr import UnitPeriods, eu_apr_pct, us_apr_pct, years_of
from marketplace.loans.roots import Flow
from marketplace.loans.schedule import Method, Row, Terms, build

MONTHLY: Final = Period(1, Unit.MONTHS)
GRADES: Final = ("A", "B", "C", "D", "E", "F", "G")
_QUOTES_KEPT: Final = 2_048


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """The terms of one loan. `annual_rate` is a share: 0.12 is twelve percent a year."""

    amount: Money
    annual_rate: Decimal
    instalments: int
    origination_fee_bps: int
    method: str = Method.EQUAL_INSTALMENT
    day_count: str = DayCount.EQUAL_PERIOD
    rounding_mode: str = Rounding.HALF_UP
    period: Period = MONTHLY
    calendar: str = Calendar.NONE


class _Rules(Protocol):
    """What decides a loan's figures besides amount, rate and number: a loan's, or a product's."""

    @property
    def origination_fee_bps(self) -> int: ...
    @property
    def method(self) -> str: ...
    @property
    def day_count(self) -> str: ...
    @property
    def rounding_mode(self) -> str: ...
    @property
    def period(self) -> Period: ...
    @property
    def calendar(self) -> str: ...


def terms_by(rules: _Rules, amount: Money, annual_rate: Decimal, instalments: int) -> LoanTerms:
    """Return the terms of so much at that rate in so many instalments, by these rules."""
    return LoanTerms(
        amount=amount,
        annual_rate=annual_rate,
        instalments=instalments,
        origination_fee_bps=rules.origination_fee_bps,
        method=rules.method,
        day_count=rules.day_count,
        rounding_mode=rules.rounding_mode,
        period=rules.period,
        calendar=rules.calendar,
    )


@dataclass(frozen=True, slots=True)
class Quote:
    """Everything a borrower is told before accepting.

    `instalment` is the first one; `last` may differ. `cost` is interest and fee. `apr_pct` is the
    rate of Regulation Z, Appendix J, `apr_eu_pct` the effective rate of the EU's directives, both
    percent a year, two decimals; None where no rate balances what is given and what is paid.
    """

    terms: LoanTerms
    rows: tuple[Row, ...]
    instalment: Money
    last: Money
    fee: Money
    paid_out: Money
    interest: Money
    total: Money
    cost: Money
    apr_pct: Decimal | None
    apr_eu_pct: Decimal | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What comes back to a lender of `lent`: paid on time, at the published losses, never paid."""

    lent: Money
    best: Money
    expected: Money
    worst: Money


def schedule_of(terms: LoanTerms, disbursed_on: date) -> tuple[Row, ...]:
    """Return the instalments of a loan paid out on `disbursed_on`."""
    return build(dated(terms, disbursed_on))


def dated(terms: LoanTerms, disbursed_on: date) -> Terms:
    """Return what the schedule's arithmetic takes: the terms with the day they run from."""
    return Terms(
        principal=terms.amount,
        annual_rate_pct=terms.annual_rate * 100,
        instalments=terms.instalments,
        period=terms.period,
        disbursed_on=disbursed_on,
        method=Method(terms.method),
        day_count=DayCount(terms.day_count),
        rounding=Rounding(terms.rounding_mode),
        calendar=Calendar(terms.calendar),
    )


def indicative(terms: LoanTerms, today: date) -> Quote:
    """Return what the loan would cost, were it paid out now: an example, by the contract's engine.

    Where days count, by holidays or by the day count, it runs from today; elsewhere from the
    first of the month, which gives the same figures and is worked out once.
    """
    by_the_day = bool(terms.calendar) or terms.day_count != DayCount.EQUAL_PERIOD
    return quote(terms, today if by_the_day else today.replace(day=1))


@lru_cache(maxsize=_QUOTES_KEPT)
def quote(terms: LoanTerms, disbursed_on: date) -> Quote:
    """Return what the loan costs if it is paid out on `disbursed_on` and repaid on time."""
    rows = schedule_of(terms, disbursed_on)
    currency = terms.amount.currency
    fee = bps_of(terms.amount, terms.origination_fee_bps)
    interest = Money.total((row.interest for row in rows), currency)
    return Quote(
        terms=terms,
        rows=rows,
        instalment=rows[0].total,
        last=rows[-1].total,
        fee=fee,
        paid_out=terms.amount - fee,
        interest=interest,
        total=terms.amount + interest,
        cost=interest + fee,
        apr_pct=_us_apr(terms, terms.amount - fee, rows),
        apr_eu_pct=_eu_apr(terms, terms.amount - fee, rows),
    )


def monthly_burden(cost: Quote, term_months: int) -> Money:
    """Return what a loan takes of a month: its first instalment, or all of it spread, if more.

    Spread over the months it lasts: nobody pays a bullet loan's last day out of one income.
    """
    months = max(term_months, 1)
    spread = rounded(Fraction(cost.total.minor, months))
    periodic = rounded(Fraction(cost.instalment.minor * len(cost.rows), months))
    return Money(spread if len(cost.rows) == 1 else max(spread, periodic), cost.total.currency)


def outcomes(
    terms: LoanTerms,
    rows: tuple[Row, ...],
    lent: Money,
    loss_rate: Decimal,
    lender_fee_bps: int = 0,
) -> Outcomes:
    """Return three futures of `lent` in this loan, after the lender's fee on interest.

    The expected one loses `loss_rate` a year of what is outstanding, as published per grade; the
    worst is a borrower who never pays. All rounded once, half up.
    """
    principal = sum(row.principal.minor for row in rows)
    interest = sum(row.interest.minor for row in rows)
    kept = Fraction(10_000 - lender_fee_bps, 10_000)
    best = lent.minor + lent.minor * kept * Fraction(interest, principal)
    at_risk = sum(row.outstanding.minor + row.principal.minor for row in rows)
    years = Fraction(at_risk, principal) * years_of(_spans(terms, rows), terms.period)
    expected = max(Fraction(0), best - lent.minor * Fraction(loss_rate) * years)
    return Outcomes(
        lent=lent,
        best=Money(rounded(best), lent.currency),
        expected=Money(rounded(expected), lent.currency),
        worst=Money.zero(lent.currency),
    )


def _spans(terms: LoanTerms, rows: tuple[Row, ...]) -> int:
    """Return how many periods lie between two rows: a bullet's one row ends them all."""
    return terms.instalments if len(rows) == 1 else 1


# Neither law counts a due date that a holiday moved as another interval (12 CFR 1026.17(c)(3);
# Directive 2008/48/EC, Annex I: equal months and weeks), so both take periods, not dates.


def _us_apr(terms: LoanTerms, paid_out: Money, rows: tuple[Row, ...]) -> Decimal | None:
    units = UnitPeriods.of(terms.period, _spans(terms, rows))
    payments = [
        Flow(row.total.decimal(), Fraction(units.full * row.n), units.odd)
        for row in rows
        if row.total.is_positive
    ]
    try:
        return us_apr_pct([Flow(paid_out.decimal(), Fraction(0))], payments, units.a_year)
    except ValueError:
        return None


def _eu_apr(terms: LoanTerms, paid_out: Money, rows: tuple[Row, ...]) -> Decimal | None:
    spans = _spans(terms, rows)
    repayments = [
        Flow(row.total.decimal(), years_of(row.n * spans, terms.period))
        for row in rows
        if row.total.is_positive
    ]
    try:
        return eu_apr_pct([Flow(paid_out.decimal(), Fraction(0))], repayments)
    except ValueError:
        return None
