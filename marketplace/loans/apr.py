"""What credit costs a year: two laws, two functions, never one.

US: Regulation Z, 12 CFR 1026, Appendix J (b)(8), the actuarial method: the nominal rate,
unit-period rate times unit-periods a year, with simple interest within an odd fraction of one.
EU: Directive 2008/48/EC Annex I (2023/2225 Annex III): the effective annual rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Self

from marketplace.kernel.days import DAYS_A_WEEK, MONTHS_A_YEAR, YEAR_DAYS, Period, Unit
from marketplace.loans.roots import Flow, nearest_root, polished

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN: Final = Decimal("0.01")
_NOISE: Final = Decimal("1e-20")
_WIDE: Final = Context(prec=60)
WEEKS_A_YEAR: Final = 52


@dataclass(frozen=True, slots=True)
class UnitPeriods:
    """Appendix J's clock: a payment is every `full` unit-periods, of which `a_year` are a year.

    `odd` is the fraction of a unit-period that a single payment comes after its full ones.
    """

    full: int
    odd: Fraction
    a_year: Fraction

    @classmethod
    def of(cls, period: Period, spans: int = 1) -> Self:
        """Return the unit-periods of payments each `period`, or of one after `spans` of them.

        Regular payments: their interval is the unit-period. A single payment: the term is, but
        never more than a year (Appendix J (b)(5)(iii) to (v)).
        """
        if spans == 1:
            return cls(1, Fraction(0), 1 / years_of(1, period))
        term = _term(period, spans)
        if term <= 1:
            return cls(1, Fraction(0), 1 / term)
        return cls(int(term), term - int(term), Fraction(1))


def years_of(count: int, period: Period) -> Fraction:
    """Return what `count` periods are of a year of 12 equal months, 52 weeks or 365 days."""
    a_year = {Unit.MONTHS: MONTHS_A_YEAR, Unit.WEEKS: WEEKS_A_YEAR, Unit.DAYS: YEAR_DAYS}
    return Fraction(count * period.every, a_year[period.unit])


def _term(period: Period, count: int) -> Fraction:
    """Return a term as Regulation Z measures one: whole months, or days of a year of 365."""
    if period.unit is Unit.MONTHS:
        return years_of(count, period)
    days = DAYS_A_WEEK if period.unit is Unit.WEEKS else 1
    return Fraction(count * period.every * days, YEAR_DAYS)


def us_apr_pct(
    advances: Sequence[Flow], payments: Sequence[Flow], unit_periods_per_year: Fraction
) -> Decimal:
    """Return the annual percentage rate, two decimals half up.

    Amounts are positive; `time` counts full unit-periods from the first advance and `odd` is the
    fraction of one. No rate that balances the two sides: ValueError.
    """
    rate = _balancing(advances, payments, guess=0.1 / float(unit_periods_per_year))
    periods = Decimal(unit_periods_per_year.numerator) / unit_periods_per_year.denominator
    return _shown(_WIDE.multiply(rate, periods))


def eu_apr_pct(drawdowns: Sequence[Flow], repayments: Sequence[Flow]) -> Decimal:
    """Return the annual percentage rate of charge, two decimals half up.

    Amounts are positive; `time` is in years from the first drawdown. No rate that balances the
    two sides: ValueError.
    """
    return _shown(_balancing(drawdowns, repayments, guess=0.1))


def _balancing(given: Sequence[Flow], back: Sequence[Flow], guess: float) -> Decimal:
    flows = [Flow(-flow.amount, flow.time, flow.odd) for flow in given] + list(back)
    root = nearest_root(flows, guess)
    if root is None:
        raise ValueError("no rate makes what is given and what is paid back equal")
    return polished(flows, root)


def _shown(rate: Decimal) -> Decimal:
    """Round to two decimals, after the noise of the last digits is off: 12.345 becomes 12.35."""
    exact = rate.quantize(_NOISE, context=_WIDE) * 100
    return exact.quantize(_SHOWN, ROUND_HALF_UP, context=_WIDE) + 0
