"""The scorecard: from what was found to points, a grade and a reason for each of them.

Pure and versioned. A version that has once scored somebody never changes: whoever asks why gets
the same points from the same input, years later. What should be counted otherwise is a new
version, tried on the reports of the past before it decides anything (`flask risk backtest`).
"""

from marketplace.risk.scorecard.cards import CARDS, CURRENT
from marketplace.risk.scorecard.pricing import PriceBand, indicative_rate
from marketplace.risk.scorecard.scoring import (
    Line,
    Outcome,
    Score,
    Scorecard,
    Values,
    score,
)
from marketplace.risk.scorecard.values import values_of

__all__ = [
    "CARDS",
    "CURRENT",
    "Line",
    "Outcome",
    "PriceBand",
    "Score",
    "Scorecard",
    "Values",
    "indicative_rate",
    "score",
    "values_of",
]
