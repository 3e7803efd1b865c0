"""What credit costs a year: two laws, two functions, never one.

US: Regulation Z, 12 CFR 1026, Appendix J (b)(8), the actuarial method: the nominal rate,
unit-period rate times unit-periods a year, with simple interest within an odd fraction of one.
EU: Directive 2008/48/EC Annex I (2023/2225 Annex III): the effective annual rate.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from marketplace.loans.roots import Flow, nearest_root, polished

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN: Final = Decimal("0.01")
_NOISE: Final = Decimal("1e-20")
_WIDE: Final = Context(prec=60)


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
