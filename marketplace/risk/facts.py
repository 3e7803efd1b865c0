"""What is known when a report is asked for, and which part of it each source is told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID


class Source(StrEnum):
    """Who is asked. Two that know nothing of each other, so that they can disagree."""

    BUREAU = "bureau"
    BIG_DATA = "big_data"


@dataclass(frozen=True, slots=True)
class Facts:
    """A person and what is asked for. None is "not collected", which is not zero.

    `instalment_minor` is what the request would cost a month at the middle of its price list.
    """

    person_id: UUID
    name: str
    currency: str
    amount_minor: int
    instalment_minor: int
    months: int
    income_minor: int | None
    obligations_minor: int | None
    employment: str
    employed_years: int | None
    loans_repaid: int
    bills_late: int

    def stored(self) -> dict[str, Any]:
        """Return the facts as JSON holds them."""
        return {**asdict(self), "person_id": str(self.person_id)}

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> Facts:
        """Return the facts that were `stored`."""
        return cls(**{**kept, "person_id": UUID(kept["person_id"])})

    @property
    def fingerprint(self) -> str:
        """A hash that changes with any fact."""
        text = json.dumps(self.stored(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


# A kind of fact, and its fields. What stands in none of them never leaves the house.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "identity": ("person_id", "name"),
    "request": ("currency", "amount_minor", "months"),
    "income": ("income_minor", "employment", "employed_years"),
    "obligations": ("obligations_minor",),
}

# No source is told more than it needs for its answer.
TOLD: Final[Mapping[Source, tuple[str, ...]]] = {
    Source.BUREAU: ("identity", "request", "obligations"),
    Source.BIG_DATA: ("identity", "request", "income"),
}


def told(facts: Facts, source: Source) -> dict[str, Any]:
    """Return what `source` is told of `facts`."""
    kept = facts.stored()
    return {name: kept[name] for kind in TOLD[source] for name in KINDS[kind]}


def kinds_told() -> list[str]:
    """Return the kinds of facts that leave the house, for the record of the request."""
    return [kind for kind in KINDS if any(kind in kinds for kinds in TOLD.values())]
