"""What sending a reward costs, by country. Pure.

The nearest zone counts: the country itself, then the European Union, then everywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

ELSEWHERE: Final = "*"
UNION: Final = "EU"
UNION_MEMBERS: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905 - read as a line
)
_ZONE: Final = re.compile(r"[A-Z]{2}|\*")


def price_to(country: str, zones: Mapping[str, Money]) -> Money | None:
    """Return what sending to `country` costs; None where it is not sent to."""
    near = [country, UNION] if country in UNION_MEMBERS else [country]
    for zone in (*near, ELSEWHERE):
        if zone in zones:
            return zones[zone]
    return None


def zone_refusals(zone: str, cost: Money, price: Money) -> list[Refusal]:
    """Return what is wrong with sending a reward that costs `price` to a zone for `cost`.

    Sending that costs more than the thing itself is a price in disguise.
    """
    if not _ZONE.fullmatch(zone):
        return [Refusal("zone_unknown", "zone")]
    if cost.currency != price.currency:
        return [Refusal("currency_other", "cost", currency=price.currency)]
    return [Refusal("shipping_above_price", "cost", price=price)] if cost > price else []


def price_refusals(price: Money, zones: Mapping[str, Money]) -> list[Refusal]:
    """Return whether a reward became cheaper than sending it to one of its zones."""
    dearest = max(zones.values(), default=None)
    if dearest is None or dearest.currency != price.currency or dearest <= price:
        return []
    return [Refusal("price_below_shipping", "price", dearest=dearest)]
