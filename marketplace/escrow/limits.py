"""How long a provider may hold a payment, and the day by which it must have left. Pure.

A payment leaves by being paid on or by being given back. Two clocks run: the provider's own
limit for money it holds, and, for some ways to pay, the time after which nothing can be given
back. The first to ring counts. A margin lies before it, in which the last refunds and payouts
have the time a provider needs for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

MARGIN_DAYS: Final = 7
ALARM_DAYS: Final = (14, 7, 3)
"""How many days before the last one somebody is told, the earliest first."""
# After the last day people can pay in: time for the receiver to say where to pay, and for the
# refunds of everybody should nothing come of it.
GRACE_DAYS: Final = 14
REFUND_RUN_DAYS: Final = 6


class Why(StrEnum):
    """Which clock rings first."""

    HOLDING = "holding"  # the provider may hold it no longer
    REFUND = "refund"  # later it could no longer be given back the way it came


@dataclass(frozen=True, slots=True)
class Leave:
    """The day by which a payment must have left, and why then."""

    by: date
    why: Why
    limit_days: int

    def days_left(self, on: date) -> int:
        """Return how many days there are from `on`; negative once it is too late."""
        return (self.by - on).days


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider allows: days of holding, and by way to pay the days of giving back.

    A way without such a limit has None.
    """

    holding_days: int
    refund_days: Mapping[str, int | None]

    def leave_by(self, paid_on: date, method: str | None) -> Leave:
        """Return the last day of a payment; where its way is unknown the shortest one counts."""
        limit, why = self.holding_days, Why.HOLDING
        window = self.refund_window(method)
        if window is not None and window < limit:
            limit, why = window, Why.REFUND
        return Leave(paid_on + timedelta(days=usable_days(limit)), why, limit)

    @property
    def collecting_days_max(self) -> int:
        """How long money may be collected before it is decided, so that all of it leaves in time.

        The first payment may come on the first day: from then on the whole collecting, the
        receiver's time and the run of refunds must fit.
        """
        shortest = min([self.holding_days, *self._windows()])
        return max(1, usable_days(shortest) - GRACE_DAYS - REFUND_RUN_DAYS)

    def refund_window(self, method: str | None) -> int | None:
        """Return for how many days a payment can be given back; None where for ever."""
        if method is not None and method in self.refund_days:
            return self.refund_days[method]
        return min(self._windows(), default=None)

    def _windows(self) -> list[int]:
        return [days for days in self.refund_days.values() if days is not None]


def usable_days(limit_days: int) -> int:
    """Return how many days of a limit may pass: all but the margin, and never less than half."""
    return max(limit_days - MARGIN_DAYS, limit_days // 2)


def alarm_at(days_left: int) -> int | None:
    """Return the alarm that is due with so many days left: the smallest that is not passed."""
    return min((days for days in ALARM_DAYS if days_left <= days), default=None)
