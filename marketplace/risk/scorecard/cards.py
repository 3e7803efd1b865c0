"""The versions. Version 1 decides; version 2 is its challenger, for back-tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from marketplace.risk.scorecard.scoring import (
    Attribute,
    Band,
    Outcome,
    Rule,
    Scorecard,
    Values,
)


def _attribute(key: str, *bands: tuple[int, int, str]) -> Attribute:
    return Attribute(key, tuple(Band(*band) for band in bands))


def _over(key: str, limit: int) -> Callable[[Values], bool]:
    def holds(values: Values) -> bool:
        value = values.get(key)
        return value is not None and value > limit

    return holds


def _under(key: str, limit: int) -> Callable[[Values], bool]:
    def holds(values: Values) -> bool:
        value = values.get(key)
        return value is not None and value < limit

    return holds


def _thin(values: Values) -> bool:
    """Whether there is no file at one of the sources, or one too young to say much."""
    history, behaviour = values.get("history_months"), values.get("behaviour_score")
    return history is None or behaviour is None or history < 6


_BUREAU: Final = _attribute(
    "bureau_score",
    (0, 0, "bureau_very_low"),
    (400, 5, "bureau_low"),
    (550, 11, "bureau_fair"),
    (700, 16, "bureau_good"),
    (820, 20, "bureau_very_good"),
)
_HISTORY: Final = _attribute(
    "history_months",
    (0, 0, "history_short"),
    (12, 4, "history_some"),
    (36, 8, "history_years"),
    (84, 10, "history_long"),
)
_ARREARS: Final = _attribute(
    "arrears_24m",
    (0, 15, "arrears_none"),
    (1, 5, "arrears_once"),
    (2, 0, "arrears_often"),
)
_BURDEN: Final = _attribute(
    "burden_pct",
    (0, 20, "burden_very_low"),
    (26, 15, "burden_low"),
    (36, 9, "burden_fair"),
    (46, 3, "burden_high"),
    (56, 0, "burden_very_high"),
)
_REGULARITY: Final = _attribute(
    "income_regularity_pct",
    (0, 0, "income_irregular"),
    (50, 2, "income_uneven"),
    (70, 6, "income_mostly_regular"),
    (90, 10, "income_regular"),
)
_OVERDRAFTS: Final = _attribute(
    "overdrafts_12m",
    (0, 5, "overdrafts_none"),
    (1, 3, "overdrafts_few"),
    (4, 0, "overdrafts_many"),
)
_EMPLOYED: Final = _attribute(
    "employed_years",
    (0, 0, "employed_new"),
    (1, 3, "employed_some"),
    (3, 6, "employed_years"),
    (8, 8, "employed_long"),
)
_RECORD: Final = _attribute(
    "loans_repaid",
    (0, 3, "record_none"),
    (1, 6, "record_one"),
    (2, 7, "record_several"),
)
_LATE: Final = _attribute(
    "bills_late",
    (0, 5, "late_never"),
    (1, 2, "late_rarely"),
    (3, 0, "late_often"),
)

_GRADES: Final = (("A", 85), ("B", 75), ("C", 65), ("D", 55), ("E", 45), ("F", 35), ("G", 0))

_VERSION_1: Final = Scorecard(
    version=1,
    attributes=(
        *(_BUREAU, _HISTORY, _ARREARS, _BURDEN),
        *(_REGULARITY, _OVERDRAFTS, _EMPLOYED, _RECORD, _LATE),
    ),
    rules=(
        Rule("fraud_signals", Outcome.DECLINE, _over("fraud_signals", 0)),
        Rule("arrears_now", Outcome.DECLINE, _over("arrears_now", 0)),
        Rule("burden_too_high", Outcome.DECLINE, _over("burden_pct", 70)),
        Rule("sources_disagree", Outcome.REFER, _over("score_gap", 250)),
        Rule("thin_file", Outcome.REFER, _thin),
        Rule("arrears_repeated", Outcome.REFER, _over("arrears_24m", 1)),
        Rule("income_unconfirmed", Outcome.REFER, _under("income_found_pct", 80)),
        Rule("obligations_understated", Outcome.REFER, _over("obligations_found_pct", 110)),
    ),
    grades=_GRADES,
)

# The challenger looks harder at what a month leaves over, and at who asks everywhere at once.
_BURDEN_2: Final = _attribute(
    "burden_pct",
    (0, 25, "burden_very_low"),
    (26, 18, "burden_low"),
    (36, 8, "burden_fair"),
    (46, 0, "burden_high"),
    (56, 0, "burden_very_high"),
)
_ENQUIRIES_2: Final = _attribute(
    "enquiries_6m",
    (0, 5, "enquiries_none"),
    (2, 3, "enquiries_few"),
    (5, 0, "enquiries_many"),
)
_HISTORY_2: Final = _attribute(
    "history_months",
    (0, 0, "history_short"),
    (24, 3, "history_some"),
    (60, 4, "history_years"),
    (120, 7, "history_long"),
)

_VERSION_2: Final = Scorecard(
    version=2,
    attributes=(
        *(_BUREAU, _HISTORY_2, _ARREARS, _BURDEN_2, _ENQUIRIES_2),
        *(_REGULARITY, _OVERDRAFTS, _EMPLOYED, _LATE),
    ),
    rules=(
        *(rule for rule in _VERSION_1.rules if rule.code != "burden_too_high"),
        Rule("burden_too_high", Outcome.DECLINE, _over("burden_pct", 60)),
    ),
    grades=_GRADES,
)

CARDS: Final[Mapping[int, Scorecard]] = {card.version: card for card in (_VERSION_1, _VERSION_2)}
CURRENT: Final = 1
