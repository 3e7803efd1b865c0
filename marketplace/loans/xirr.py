"""XIRR: the yearly rate at which dated flows are worth nothing, as spreadsheets count it.

Days over 365 from the earliest flow. pyxirr answers the usual case in microseconds; where it
gives up (it does on some flows with heavy losses) a bracketing search over (-1, infinity) looks
for the root before anyone says that there is none.
"""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from math import isfinite, log1p
from typing import TYPE_CHECKING, Final

import pyxirr

from marketplace.loans.roots import Flow, nearest_root, value

if TYPE_CHECKING:
    from collections.abc import Sequence

_GUESS: Final = 0.1
_NEAR: Final = 1e-7
_DIGITS: Final = Context(prec=40)
_SHOWN: Final = Context(prec=15)


def xirr(flows: Sequence[tuple[date, Decimal]]) -> Decimal | None:
    """Return the rate (0.1 is ten percent a year), or None where no rate balances the flows.

    Where several do, the one nearest to ten percent.
    """
    if len({on for on, _ in flows}) < 2:
        return None
    start = min(on for on, _ in flows)
    timed = [Flow(amount, Fraction((on - start).days, 365)) for on, amount in flows]
    root = _quick(flows, timed)
    if root is None:
        root = nearest_root(timed, _GUESS)
    return None if root is None else _rate(root)


def _quick(flows: Sequence[tuple[date, Decimal]], timed: Sequence[Flow]) -> float | None:
    """Return ln(1 + rate) as pyxirr finds it, if the flows really change sign there."""
    amounts = [float(amount) for _, amount in flows]
    rate = pyxirr.xirr([on for on, _ in flows], amounts, silent=True)
    if rate is None or not isfinite(rate) or rate <= -1:
        return None
    x = log1p(rate)
    terms = [(float(flow.amount), float(flow.time), 0.0) for flow in timed]
    around = value(terms, x - _NEAR), value(terms, x + _NEAR)
    return x if min(around) <= 0 <= max(around) and around[0] != around[1] else None


def _rate(x: float) -> Decimal:
    """Return e^x - 1 to as many digits as the float root has, without a float's overflow."""
    return _DIGITS.subtract(_DIGITS.exp(Decimal(x)), Decimal(1)).normalize(_SHOWN)
