"""Terms, flows and debts for the calculators, in one line each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from marketplace.kernel.days import DayCount, Period, Unit
from marketplace.kernel.money import Money
from marketplace.kernel.rates import Rounding
from marketplace.loans.roots import Flow
from marketplace.loans.schedule import Method, Terms
from marketplace.loans.waterfall import Charge, Instalment, Portion


def terms(
    principal: str = "10000",
    rate_pct: str = "12",
    instalments: int = 12,
    *,
    start: str = "2026-01-15",
    every: int = 1,
    unit: Unit = Unit.MONTHS,
    method: Method = Method.EQUAL_INSTALMENT,
    day_count: DayCount = DayCount.EQUAL_PERIOD,
    rounding: Rounding = Rounding.HALF_UP,
    currency: str = "EUR",
) -> Terms:
    """A loan's terms: 10,000.00 at 12 % over a year unless said otherwise."""
    return Terms(
        Money.of(principal, currency),
        Decimal(rate_pct),
        instalments,
        Period(every, unit),
        date.fromisoformat(start),
        method,
        day_count,
        rounding,
    )


def flow(amount: str | int, time: Fraction | int = 0, odd: Fraction | int = 0) -> Flow:
    """One amount after so many periods and a fraction."""
    return Flow(Decimal(amount), Fraction(time), Fraction(odd))


def payments(
    amount: str, count: int, *, first: int = 1, odd: Fraction | int = 0, every: int = 1
) -> list[Flow]:
    """So many equal payments."""
    return [flow(amount, first + every * n, odd) for n in range(count)]


def instalment(due: str, principal: str, interest: str = "0") -> Instalment:
    """One instalment in euros."""
    return Instalment(
        date.fromisoformat(due), Money.of(principal, "EUR"), Money.of(interest, "EUR")
    )


def charge(portion: Portion, due: str, amount: str) -> Charge:
    """A penalty or a fee in euros."""
    return Charge(portion, date.fromisoformat(due), Money.of(amount, "EUR"))
