"""The terms a product offers and a loan is signed with: the same columns on both."""

from __future__ import annotations

from typing import Final

from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from marketplace.kernel.days import DayCount, Period, Unit
from marketplace.loans.terms import FeeCap, PrepaymentRule, order_of
from marketplace.loans.waterfall import Order


class TermsMixin:
    """Columns that are copied from the product to the loan, and never read back."""

    method: Mapped[str]
    day_count: Mapped[str]
    rounding_mode: Mapped[str]
    period_every: Mapped[int]
    period_unit: Mapped[str]
    calendar: Mapped[str]
    origination_fee_bps: Mapped[int]
    lender_fee_bps: Mapped[int]
    fraction_min_minor: Mapped[int]
    funding_min_bps: Mapped[int]
    reflection_days: Mapped[int]
    sign_days: Mapped[int]
    bill_lead_days: Mapped[int]
    late_fee_minor: Mapped[int]
    late_grace_days: Mapped[int]
    penalty_bps_per_year: Mapped[int]
    prepayment_fee_bps: Mapped[int]
    prepayment_fee_cap: Mapped[str]
    interest_to_date: Mapped[str]
    allocation_due: Mapped[list[str]] = mapped_column(ARRAY(Text))
    allocation_in_advance: Mapped[list[str]] = mapped_column(ARRAY(Text))
    allocation_mode: Mapped[str]
    documents: Mapped[list[str]] = mapped_column(ARRAY(Text))
    collateral: Mapped[bool]
    ltv_max_bps: Mapped[int]
    haircut_bps: Mapped[int]
    exposure_max_minor: Mapped[int]

    @property
    def period(self) -> Period:
        """How often an instalment falls due."""
        return Period(self.period_every, Unit(self.period_unit))

    @property
    def order(self) -> Order:
        """In which order a payment settles what is open."""
        return order_of(self.allocation_due, self.allocation_in_advance, self.allocation_mode)

    @property
    def prepayment(self) -> PrepaymentRule:
        """What paying early costs."""
        counted = DayCount(self.interest_to_date) if self.interest_to_date else None
        return PrepaymentRule(self.prepayment_fee_bps, FeeCap(self.prepayment_fee_cap), counted)


TERMS: Final = tuple(
    name for name, kind in TermsMixin.__annotations__.items() if "Mapped" in str(kind)
)
