"""Where a campaign would end if the days to come were like the days before. Pure arithmetic.

No model of crowds: the mean of the last two weeks and how much the days differed. It says what
the past says, with a range, and nothing at all while there is too little past.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DAYS_MIN: Final = 3
DAYS_MAX: Final = 14
# Four of five endings lie in the range, if the days are independent of each other.
SPREAD: Final = 1.28


@dataclass(frozen=True, slots=True)
class Ahead:
    """The sum raised at the end of a day to come, in minor units."""

    low: int
    likely: int
    high: int


def forecast(total: int, days: Sequence[int], days_left: int) -> list[Ahead]:
    """Return what `total` would be after each of `days_left` days.

    `days` is what came in on each whole day so far, oldest first; the last two weeks count.
    Empty while fewer than three whole days are known. The low end is never below `total`.
    """
    known = days[-DAYS_MAX:]
    if len(known) < DAYS_MIN:
        return []
    mean, differ = statistics.fmean(known), statistics.pstdev(known)
    return [_after(total, mean, differ, ahead) for ahead in range(1, days_left + 1)]


def _after(total: int, mean: float, differ: float, ahead: int) -> Ahead:
    likely = total + mean * ahead
    spread = SPREAD * differ * math.sqrt(ahead)
    return Ahead(max(total, round(likely - spread)), round(likely), round(likely + spread))
