"""How any version of the scorecard is applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Values = Mapping[str, int | None]

NOT_COLLECTED: Final = "not_collected"


class Outcome(StrEnum):
    """What the scorecard says. People decide; what it says stands beside their decision."""

    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Band:
    """From `at_least` on a value gets `points`, for the reason of this code."""

    at_least: int
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """One value that counts; its bands rise and begin at zero."""

    key: str
    bands: tuple[Band, ...]

    @property
    def points_max(self) -> int:
        """The most it can add."""
        return max(band.points for band in self.bands)

    def band(self, value: int) -> Band:
        """Return the band `value` falls into."""
        return next(band for band in reversed(self.bands) if value >= band.at_least)


@dataclass(frozen=True, slots=True)
class Rule:
    """A fact that outweighs all points."""

    code: str
    outcome: Outcome
    holds: Callable[[Values], bool]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One version. `grades` are the points each grade begins at, best first; the last is 0."""

    version: int
    attributes: tuple[Attribute, ...]
    rules: tuple[Rule, ...]
    grades: tuple[tuple[str, int], ...]

    @property
    def points_max(self) -> int:
        """The most points there are."""
        return sum(attribute.points_max for attribute in self.attributes)


@dataclass(frozen=True, slots=True)
class Line:
    """What one attribute gave, and why. A value that is None was not collected."""

    key: str
    value: int | None
    points: int
    points_max: int
    reason: str


@dataclass(frozen=True, slots=True)
class Score:
    """What a version of the scorecard makes of the values."""

    version: int
    outcome: Outcome
    codes: tuple[str, ...]
    points: int
    points_max: int
    grade: str
    lines: tuple[Line, ...]


def score(card: Scorecard, values: Values) -> Score:
    """Apply `card` to `values`: the same values always give the same score.

    A value that was not collected is not zero: it adds no points, and nothing is approved
    without it, however many points the others add.
    """
    lines = tuple(_line(attribute, values.get(attribute.key)) for attribute in card.attributes)
    held = [rule for rule in card.rules if rule.holds(values)]
    codes = [rule.code for rule in held]
    if any(line.value is None for line in lines):
        codes.append(NOT_COLLECTED)
    points = sum(line.points for line in lines)
    return Score(
        version=card.version,
        outcome=_outcome(held, codes),
        codes=tuple(codes),
        points=points,
        points_max=card.points_max,
        grade=next(grade for grade, at_least in card.grades if points >= at_least),
        lines=lines,
    )


def _line(attribute: Attribute, value: int | None) -> Line:
    if value is None:
        return Line(attribute.key, None, 0, attribute.points_max, NOT_COLLECTED)
    band = attribute.band(value)
    return Line(attribute.key, value, band.points, attribute.points_max, band.reason)


def _outcome(held: list[Rule], codes: list[str]) -> Outcome:
    if any(rule.outcome == Outcome.DECLINE for rule in held):
        return Outcome.DECLINE
    return Outcome.REFER if codes else Outcome.APPROVE
