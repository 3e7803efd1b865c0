"""How what was raised is divided."""

from __future__ import annotations

import pytest

from marketplace.campaigns.fees import payout
from marketplace.kernel.money import Money


@pytest.mark.parametrize(
    ("raised", "bps", "fee", "net"),
    [
        (10_000, 500, 500, 9_500),
        (11_667, 500, 583, 11_084),  # 583.35
        (10_010, 500, 501, 9_509),  # 500.5: half goes up
        (1, 500, 0, 1),  # 0.05
        (10_000, 0, 0, 10_000),
        (10_000, 10_000, 10_000, 0),
    ],
)
def test_the_fee_is_rounded_once_and_nothing_is_lost(
    raised: int, bps: int, fee: int, net: int
) -> None:
    found = payout(Money(raised, "EUR"), bps)

    assert (found.fee.minor, found.net.minor) == (fee, net)
    assert found.fee + found.net == found.gross
