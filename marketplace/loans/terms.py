"""What a running loan is served by: its schedule's terms and its rules for money that comes.

The terms are those the loan was signed with; a product that changes later changes none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from marketplace.kernel.days import DayCount, add_months
from marketplace.kernel.money import Money
from marketplace.kernel.rates import BPS_WHOLE, Rounding, bps_of, rounded
from marketplace.loans.waterfall import USUAL_ORDER, Mode, Order, Portion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from marketplace.loans.schedule import Terms

PENALTY_YEAR_DAYS: Final = 365
# EU consumer credit: 1 % of what is prepaid, 0.5 % if a year or less is left (2008/48/EC, art. 16).
EU_CAP_BPS: Final = 100
EU_CAP_SHORT_BPS: Final = 50


class FeeCap(StrEnum):
    """What keeps a prepayment fee low."""

    NONE = "none"
    INTEREST_SAVED = "interest_saved"
    EU_CONSUMER = "eu_consumer"


@dataclass(frozen=True, slots=True)
class LateRule:
    """What being late costs: a fee for each instalment, and simple interest, ACT/365F."""

    fee: Money
    grace_days: int
    penalty_bps_per_year: int

    def penalty(self, overdue: Money, days: int) -> Money:
        """Return the penalty interest on `overdue` for so many days, rounded once, half up."""
        due = Fraction(overdue.minor * self.penalty_bps_per_year * days, BPS_WHOLE)
        return Money(rounded(due / PENALTY_YEAR_DAYS), overdue.currency)


@dataclass(frozen=True, slots=True)
class PrepaymentRule:
    """What paying early costs.

    `interest_to_date` is how the days of a period that is broken off are counted; None: as the
    schedule counts them.
    """

    fee_bps: int
    cap: FeeCap = FeeCap.INTEREST_SAVED
    interest_to_date: DayCount | None = None

    def fee(self, prepaid: Money, interest_saved: Money, *, on: date, ends_on: date) -> Money:
        """Return the fee on `prepaid` principal, rounded half up, never above its cap."""
        fee = bps_of(prepaid, self._bps(on, ends_on))
        if self.cap is FeeCap.NONE:
            return fee
        return min(fee, max(interest_saved, Money.zero(prepaid.currency)))

    def _bps(self, on: date, ends_on: date) -> int:
        if self.cap is not FeeCap.EU_CONSUMER:
            return self.fee_bps
        is_short = ends_on <= add_months(on, 12)
        return min(self.fee_bps, EU_CAP_SHORT_BPS if is_short else EU_CAP_BPS)


@dataclass(frozen=True, slots=True)
class ServicingTerms:
    """Everything a loan's history follows from, given the events.

    `schedule` holds principal, rate, periods, method, day count, rounding, calendar and the day
    of disbursement; `lender_fee_bps` is the platform's part of the interest and penalties that
    lenders get.
    """

    schedule: Terms
    late: LateRule
    prepayment: PrepaymentRule
    order: Order = USUAL_ORDER
    lender_fee_bps: int = 0

    @property
    def currency(self) -> str:
        """The currency of every amount of the loan."""
        return self.schedule.principal.currency

    @property
    def rounding(self) -> Rounding:
        """How interest is rounded."""
        return self.schedule.rounding


def order_of(due: Sequence[str], in_advance: Sequence[str], mode: str) -> Order:
    """Return the allocation order as stored; one that is none is a ValueError."""
    return Order(
        tuple(Portion(one) for one in due), tuple(Portion(one) for one in in_advance), Mode(mode)
    )
