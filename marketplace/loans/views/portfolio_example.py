"""A portfolio that nobody has, to show what the page tells; made of one list of invented notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from marketplace.loans.queries.portfolio import Exposure, Filters, Summary, Sums

_CURRENCY: Final = "EUR"
# Bucket, grade, purpose, lent, back, interest.
_NOTES: Final = (
    ("current", "A", "home", 60_000, 21_000, 1_540),
    ("current", "B", "energy", 80_000, 16_000, 2_310),
    ("current", "B", "business", 50_000, 18_500, 1_720),
    ("current", "C", "equipment", 70_000, 9_400, 2_480),
    ("current", "C", "education", 40_000, 25_000, 1_890),
    ("1-30", "D", "vehicle", 45_000, 12_300, 2_050),
    ("31-60", "E", "debt", 20_000, 3_100, 960),
)


@dataclass(frozen=True, slots=True)
class Example:
    """What the page shows of it."""

    filters: Filters
    summary: Summary
    owing: tuple[Exposure, ...]


def made() -> Example:
    """Return the example: the sums of its notes."""
    whole = Sums()
    groups: tuple[dict[str, Sums], ...] = ({}, {}, {})
    for *keys, lent, back, interest in _NOTES:
        one = Sums(
            notes=1,
            invested_minor=int(lent),
            outstanding_minor=int(lent) - int(back),
            principal_back_minor=int(back),
            interest_minor=int(interest),
            fee_minor=int(interest) // 100,
        )
        whole = _plus(whole, one)
        for group, key in zip(groups, keys, strict=True):
            group[str(key)] = _plus(group.get(str(key), Sums()), one)
    owing = tuple(
        Exposure(UUID(int=number), f"{name} Example", 1, lent - back)
        for number, (name, (_b, _g, _p, lent, back, _i)) in enumerate(
            zip("QRSTUVW", sorted(_NOTES, key=lambda note: note[4] - note[3]), strict=True)
        )
    )
    return Example(Filters(_CURRENCY), Summary(whole, *groups), owing[:5])


def _plus(one: Sums, other: Sums) -> Sums:
    return Sums(*(getattr(one, name) + getattr(other, name) for name in Sums.__slots__))
