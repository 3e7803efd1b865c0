"""Principal and interest of each row in whole minor units: a schedule's arithmetic, and only that.

The interest of a period on a balance b is floor((b · times + plus) / over): `plus` and `over`
hold the rounding, so that a row costs one multiplication and one division of whole numbers, and
no fraction is ever made. Columns instead of rows: a row with dates and Money is built by whoever
shows it.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, Final, NamedTuple

from marketplace.kernel.rates import Rounding, quotient

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANNUITIES_KEPT: Final = 4_096


class Amounts(NamedTuple):
    """What each row repays, and its interest; one list each, in order."""

    principals: list[int]
    interests: list[int]


class Steps(NamedTuple):
    """How interest comes from a balance, period by period.

    `growth` is the rate of one period as (numerator, denominator), where all are alike; `to_even`
    means that a tie goes to the even number.
    """

    times: tuple[int, ...]
    plus: int
    over: int
    to_even: bool = False
    growth: tuple[int, int] | None = None

    def interest(self, balance: int, times: int) -> int:
        """Return the interest on `balance` over `times`, rounded once."""
        whole, rest = divmod(balance * times + self.plus, self.over)
        return whole - (self.to_even and rest == 0 and whole & 1)


def even_steps(num: int, den: int, count: int, rounding: Rounding) -> Steps:
    """Return the steps of `count` periods that each bear num/den of the balance."""
    common = gcd(num, den)
    num, den = num // common, den // common
    scale, plus = _floor_form(den, rounding)
    times = (num * scale,) * count
    return Steps(times, plus, den * scale, rounding is Rounding.HALF_EVEN, (num, den))


def uneven_steps(num: int, den: int, units: Sequence[int], rounding: Rounding) -> Steps:
    """Return the steps of periods of so many units, each unit bearing num/den of the balance."""
    scale, plus = _floor_form(den, rounding)
    times = tuple(num * scale * unit for unit in units)
    return Steps(times, plus, den * scale, rounding is Rounding.HALF_EVEN)


def _floor_form(den: int, rounding: Rounding) -> tuple[int, int]:
    """Return (scale, plus): x/den, not negative, rounds to floor((x·scale + plus) / (den·scale)).

    With HALF_EVEN as with HALF_UP; the tie is put right by `Steps`.
    """
    match rounding:
        case Rounding.HALF_UP | Rounding.HALF_EVEN:
            return 2, den
        case Rounding.HALF_DOWN:
            return 2, den - 1
        case Rounding.UP | Rounding.CEILING:
            return 1, den - 1
        case Rounding.DOWN | Rounding.FLOOR:
            return 1, 0


def level(principal: int, steps: Steps, rounding: Rounding) -> int:
    """Return the instalment that repays `principal` in equal payments, rounded once."""
    if steps.growth is not None:
        above, below = _annuity(*steps.growth, len(steps.times))
    else:
        above, below = _uneven_annuity(steps)
    return quotient(principal * above, below, rounding)


@lru_cache(maxsize=_ANNUITIES_KEPT)
def _annuity(num: int, den: int, count: int) -> tuple[int, int]:
    """Return i / (1 - (1+i)^-n) as a quotient of whole numbers; 1/n where the rate is zero."""
    if not num:
        return 1, count
    grown, plain = (den + num) ** count, den**count
    return num * grown, den * (grown - plain)


def _uneven_annuity(steps: Steps) -> tuple[int, int]:
    """Return 1 / Σ Π 1/(1 + i_j) as a quotient of whole numbers, without a division.

    With growth g_j = a_j/B it is (Π a_j) / (B · S), where S = 1 and then S·a_j + B^(j-1) for
    each further period.
    """
    base = steps.over
    grown, annuity, power = base + steps.times[0], 1, 1
    for times in steps.times[1:]:
        a = base + times
        power *= base
        grown *= a
        annuity = annuity * a + power
    return grown, base * annuity


def equal_instalment(principal: int, level_instalment: int, steps: Steps) -> Amounts:
    """Return rows of one total: interest first, then principal; the last clears the rest."""
    if steps.growth is None or steps.to_even:
        return _guarded(principal, level_instalment, steps)
    times, plus, over, *_ = steps
    principals: list[int] = []
    interests: list[int] = []
    repay, bear, balance = principals.append, interests.append, principal
    for each in times[:-1]:
        interest = (balance * each + plus) // over
        repaid = level_instalment - interest
        balance -= repaid
        repay(repaid)
        bear(interest)
    # With equal steps the first row repays least, and a balance that fell too low stays below.
    if balance < 0 or balance > principal:
        return _guarded(principal, level_instalment, steps)
    repay(balance)
    bear((balance * times[-1] + plus) // over)
    return Amounts(principals, interests)


def _guarded(principal: int, level_instalment: int, steps: Steps) -> Amounts:
    """Return the same where a row may ask for more interest than the total, or repay early."""
    principals, interests, balance = [], [], principal
    for each in steps.times:
        interests.append(steps.interest(balance, each))
        principals.append(max(0, min(level_instalment - interests[-1], balance)))
        balance -= principals[-1]
    principals[-1] += balance
    return Amounts(principals, interests)


def equal_principal(principal: int, steps: Steps, rounding: Rounding) -> Amounts:
    """Return rows that repay alike, with interest on what is left."""
    principals = even_parts(principal, len(steps.times), rounding)
    balance, interests = principal, []
    for each, repaid in zip(steps.times, principals, strict=True):
        interests.append(steps.interest(balance, each))
        balance -= repaid
    return Amounts(principals, interests)


def interest_only(principal: int, steps: Steps) -> Amounts:
    """Return rows of interest; the last repays everything."""
    interests = [steps.interest(principal, each) for each in steps.times]
    return Amounts([0] * (len(interests) - 1) + [principal], interests)


def bullet(principal: int, steps: Steps) -> Amounts:
    """Return one row: everything, with simple interest over the whole term."""
    return Amounts([principal], [steps.interest(principal, sum(steps.times))])


def flat(principal: int, steps: Steps, rounding: Rounding) -> Amounts:
    """Return interest on the original principal; the last row makes its sum exactly P·r·T."""
    left, interests = steps.interest(principal, sum(steps.times)), []
    for each in steps.times[:-1]:
        interests.append(min(steps.interest(principal, each), left))
        left -= interests[-1]
    return Amounts(even_parts(principal, len(steps.times), rounding), [*interests, left])


def even_parts(principal: int, count: int, rounding: Rounding) -> list[int]:
    """Return P/n rounded for each row, never more than is left; the last takes what is left."""
    even, left, parts = quotient(principal, count, rounding), principal, []
    for _ in range(count - 1):
        parts.append(min(even, left))
        left -= parts[-1]
    return [*parts, left]
