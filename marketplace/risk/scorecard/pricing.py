"""An indicative rate within the price band of a grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from marketplace.risk.scorecard.scoring import Scorecard

_STEP: Final = Decimal("0.001")  # a tenth of a percent


@dataclass(frozen=True, slots=True)
class PriceBand:
    """The rates a grade may have; shares of a year."""

    rate_from: Decimal
    rate_to: Decimal


def indicative_rate(
    card: Scorecard, grade: str, points: int, bands: Mapping[str, PriceBand]
) -> Decimal | None:
    """Return the rate that `points` stand for within the band of `grade`, to a tenth of a percent.

    Few points within the grade are dear, many cheap. None where the price list lacks the grade.
    """
    band = bands.get(grade)
    if band is None:
        return None
    floor = dict(card.grades)[grade]
    better = [at_least for _grade, at_least in card.grades if at_least > floor]
    width = (min(better) if better else card.points_max) - floor
    share = Decimal(min(points - floor, width)) / width
    exact = band.rate_to - share * (band.rate_to - band.rate_from)
    rounded = exact.quantize(_STEP, ROUND_HALF_UP)
    return min(max(rounded, band.rate_from), band.rate_to)
