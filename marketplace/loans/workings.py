"""How an annual rate is worked out, line by line, so that anybody can do it again. Pure.

Both laws ask for the rate at which what is paid back is worth, today, what was paid out; they
differ in how they count time and what they call a year's rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Final

from marketplace.kernel.days import Period
from marketplace.kernel.money import Money
from marketplace.loans.apr import UnitPeriods, years_of
from marketplace.loans.schedule import Row

_WIDE: Final = Context(prec=50)
_CENT_OF_A_CENT: Final = Decimal("0.0001")
_FACTOR: Final = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class WorkedLine:
    """One payment: `time` in the law's own unit, and what it is worth on the day of payout."""

    n: int
    due: date
    amount: Money
    time: str
    factor: Decimal
    worth: Decimal


@dataclass(frozen=True, slots=True)
class Working:
    """A rate with all its lines. The sum misses `paid_out` by what the rate was rounded by."""

    rate_pct: Decimal
    paid_out: Money
    lines: tuple[WorkedLine, ...]

    @property
    def total(self) -> Decimal:
        """What all payments are worth on the day of payout."""
        return sum((line.worth for line in self.lines), Decimal(0))

    @property
    def difference(self) -> Decimal:
        """How much the sum misses what was paid out: the rate has two decimals only."""
        return self.total - self.paid_out.decimal()


def us_working(
    rate_pct: Decimal, paid_out: Money, rows: Sequence[Row], period: Period, spans: int
) -> Working:
    """Return the working of Regulation Z, Appendix J: unit-periods, and simple interest within."""
    units = UnitPeriods.of(period, spans)
    rate = _decimal(Fraction(rate_pct) / 100 / units.a_year)

    def factor(n: int) -> Decimal:
        whole = _WIDE.power(1 + rate, -units.full * n)
        return _WIDE.divide(whole, 1 + rate * _decimal(units.odd))

    def time(n: int) -> str:
        odd = f" + {units.odd}" if units.odd else ""
        return f"{units.full * n}{odd}"

    lines = (_line(row, time(row.n), factor(row.n)) for row in rows if row.total.is_positive)
    return Working(rate_pct, paid_out, tuple(lines))


def eu_working(
    rate_pct: Decimal, paid_out: Money, rows: Sequence[Row], period: Period, spans: int
) -> Working:
    """Return the working of Directive 2008/48/EC, Annex I: years, compounded."""

    def years(n: int) -> Fraction:
        return years_of(n * spans, period)

    def factor(n: int) -> Decimal:
        return _WIDE.power(1 + rate_pct / 100, -_decimal(years(n)))

    lines = (_line(row, str(years(row.n)), factor(row.n)) for row in rows if row.total.is_positive)
    return Working(rate_pct, paid_out, tuple(lines))


def _line(row: Row, time: str, factor: Decimal) -> WorkedLine:
    worth = _WIDE.multiply(row.total.decimal(), factor)
    return WorkedLine(
        n=row.n,
        due=row.due,
        amount=row.total,
        time=time,
        factor=factor.quantize(_FACTOR, ROUND_HALF_UP, context=_WIDE),
        worth=worth.quantize(_CENT_OF_A_CENT, ROUND_HALF_UP, context=_WIDE),
    )


def _decimal(value: Fraction) -> Decimal:
    return _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))
