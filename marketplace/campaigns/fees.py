"""What the platform takes, and what that leaves: the same function before launch and after.

The fee is a share of what was raised, taken only on success, in basis points. The rate in
force is data (`campaign_fee`); a campaign keeps the rate it was submitted with.
"""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.kernel.money import Money
from marketplace.kernel.rates import bps_of


@dataclass(frozen=True, slots=True)
class Payout:
    """Gross raised, the platform's fee and what the sponsor gets; gross = fee + net exactly."""

    gross: Money
    fee: Money
    net: Money
    fee_bps: int


def payout(raised: Money, fee_bps: int) -> Payout:
    """Return how `raised` is divided on success; the fee is rounded half up, once."""
    fee = bps_of(raised, fee_bps)
    return Payout(raised, fee, raised - fee, fee_bps)
