"""What the bank takes: 1.4 % and 0.25 of the currency for each charge, kept when it is refunded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from marketplace.kernel.money import Money, exponent

RATE: Final = Decimal("0.014")
FIXED: Final = Decimal("0.25")


def charge_fee(amount: Money) -> Money:
    """Return the fee on a charge of `amount`: rounded half up once, never more than the charge."""
    fixed_minor = FIXED.scaleb(exponent(amount.currency))
    exact = amount.minor * RATE + fixed_minor
    fee = Money(int(exact.to_integral_value(ROUND_HALF_UP)), amount.currency)
    return min(fee, amount)
