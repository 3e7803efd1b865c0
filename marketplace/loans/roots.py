"""The rate at which what is given and what comes back are worth the same.

US APR, EU APR and XIRR are one equation, sum of a / ((1 + f·i) · (1 + i)^t) = 0, with signed
amounts a, whole times t and an odd fraction f (zero outside Regulation Z). The search runs over
x = ln(1 + i), where the terms are plain exponentials, in binary floats that only decide signs;
`polished` then takes the root to some thirty digits in decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from math import asinh, exp, expm1, log, log1p, sinh
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_GRID: Final = 2_000  # points on which a change of sign is looked for
_HALVINGS: Final = 200  # more than a float has bits
_DIGITS: Final = 34
_SETTLED: Final = Decimal("1e-15")  # a step squares what is wrong: to 1e-30 by such a one
_STEPS: Final = 12
_RATE_LIMIT: Final = 600.0  # x beyond which e^x is no rate anyone would read


@dataclass(frozen=True, slots=True)
class Flow:
    """An amount, given (negative) or received (positive), after `time` periods and `odd` of one."""

    amount: Decimal
    time: Fraction
    odd: Fraction = Fraction(0)


Term = tuple[float, float, float]  # amount, time, odd: a Flow in floats


def nearest_root(flows: Sequence[Flow], guess: float) -> float | None:
    """Return the root x = ln(1 + i) nearest to that of the rate `guess`, or None.

    Where the amounts change sign once in order of time there is at most one root, and it is
    found if it exists; where never, there is none. With more changes the grid is searched.
    """
    terms = _netted(flows)
    changes = sum((a[0] < 0) != (b[0] < 0) for a, b in pairwise(terms))
    if changes == 0:
        return None
    low, high = _bounds(terms)
    points = [low, high] if changes == 1 else _grid(low, high)
    roots = [_halved(terms, a, b) for a, b in _brackets(terms, points)]
    target = log1p(guess)
    return min(roots, key=lambda x: abs(x - target), default=None)


def _netted(flows: Sequence[Flow]) -> list[Term]:
    """Return one term for each time at which the flows do not cancel, in order of time."""
    sums: dict[tuple[Fraction, Fraction], Decimal] = {}
    for flow in flows:
        key = flow.time, flow.odd
        sums[key] = sums.get(key, Decimal(0)) + flow.amount
    ordered = sorted(sums.items(), key=lambda item: sum(item[0]))
    return [(float(a), float(t), float(f)) for (t, f), a in ordered if a]


def value(terms: Iterable[Term], x: float) -> float:
    """Return the sum at x, scaled by its largest exponential so that it cannot overflow."""
    rate = expm1(min(x, _RATE_LIMIT))
    powers = [(a, -t * x - (log1p(f * rate) if f else 0.0)) for a, t, f in terms]
    top = max(power for _, power in powers)
    return sum(a * exp(power - top) for a, power in powers)


def polished(flows: Sequence[Flow], x: float) -> Decimal:
    """Return the rate i = e^x - 1 of the root near `x` to some thirty digits (Newton's method)."""
    with localcontext(Context(prec=_DIGITS + 10)):
        growth = Decimal(x).exp()
        for _ in range(_STEPS):
            step = _newton(flows, growth)
            if growth - step <= 0 or abs(step) > growth / 10:
                break  # a float root is closer than that: the slope is flat, keep what we have
            growth -= step
            if abs(step) < growth * _SETTLED:
                break
        return growth - 1


def _newton(flows: Sequence[Flow], growth: Decimal) -> Decimal:
    total, slope = Decimal(0), Decimal(0)
    for flow in flows:
        time, odd = _decimal(flow.time), _decimal(flow.odd)
        linear = 1 + odd * (growth - 1)
        worth = flow.amount / (linear * growth**time)
        total += worth
        slope -= worth * (time / growth + odd / linear)
    return total / slope if slope else Decimal(0)


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / number.denominator


def _bounds(terms: Sequence[Term]) -> tuple[float, float]:
    """Return x low and high enough that the last, or the first, time alone decides the sign.

    Only the earliest amount matters for a high rate: the others together are worth less than it
    is as soon as x > ln(sum / first) / gap. Backwards in time the same holds for the last.
    An odd fraction bends the curve, so there the room is four times as wide.
    """
    times = [t + f for _, t, f in terms]
    size = sum(abs(a) for a, *_ in terms)
    room = 4.0 if any(f for *_, f in terms) else 1.0
    high = room * (log(size / abs(terms[0][0])) + 1.0) / (times[1] - times[0])
    low = -room * (log(size / abs(terms[-1][0])) + 1.0) / (times[-1] - times[-2])
    return low, high


def _grid(low: float, high: float) -> list[float]:
    """Return points from low to high, dense around zero."""
    start, end = asinh(low * 100), asinh(high * 100)
    return [sinh(start + (end - start) * n / _GRID) / 100 for n in range(_GRID + 1)]


def _brackets(terms: Sequence[Term], points: Sequence[float]) -> Iterable[tuple[float, float]]:
    """Yield neighbouring points between which the sum changes its sign."""
    before, was = points[0], value(terms, points[0])
    for point in points[1:]:
        now = value(terms, point)
        if was < 0 <= now or now <= 0 < was:
            yield before, point
        before, was = point, now


def _halved(terms: Sequence[Term], low: float, high: float) -> float:
    sign = value(terms, low)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        at = value(terms, middle)
        if at == 0 or middle in {low, high}:
            return middle
        if (at < 0) == (sign < 0):
            low = middle
        else:
            high = middle
    return (low + high) / 2
