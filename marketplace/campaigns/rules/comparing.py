"""A campaign beside others of its kind that reached their goal, on the same day of each. Pure.

Shares of the goal are basis points; day 0 is the day of the launch (UTC).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import accumulate
from typing import Final, NamedTuple

OTHERS_MIN: Final = 5
"""Of fewer no median is told: it would be the story of one or two of them."""


class Standing(NamedTuple):
    """Where a campaign and the median of the others stand at the end of a day."""

    own_bps: int
    median_bps: int


def own_shares(by_day: Mapping[date, int], dates: Sequence[date], goal_minor: int) -> list[int]:
    """Return what share of the goal was pledged by the end of each of `dates`, from the launch."""
    sums = accumulate(by_day.get(on, 0) for on in dates)
    return [10_000 * minor // goal_minor for minor in sums]


def standing(own: Sequence[int], medians: Sequence[int]) -> Standing | None:
    """Return where both stand at the end of the last whole day; None before there is one."""
    if not own or len(medians) < len(own):
        return None
    return Standing(own[-1], medians[len(own) - 1])
