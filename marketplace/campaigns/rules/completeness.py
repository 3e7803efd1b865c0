"""How far a draft is: which of its parts there are, and which it cannot be submitted without."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from marketplace.kernel.errors import Refusal

NEEDED: Final = ("basics", "story", "pictures", "funding", "risks")
WORTH_IT: Final = ("rewards", "budget", "timeline", "faq", "film")

# What is wrong with a goal or a deadline is mended on the same page.
_PAGES: Final = {"goal": "funding", "deadline": "funding"}


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many parts there are, of all and of those that are needed."""

    done: int
    needed_done: int

    @property
    def all(self) -> int:
        """How many parts there can be."""
        return len(NEEDED) + len(WORTH_IT)

    @property
    def needed(self) -> int:
        """How many parts it cannot be submitted without."""
        return len(NEEDED)

    @property
    def percent(self) -> int:
        """How much of everything there is, rounded down."""
        return 100 * self.done // self.all


def unfinished(refusals: Collection[Refusal]) -> set[str]:
    """Return the parts that keep a draft from being submitted."""
    fields = {found.field or "" for found in refusals}
    return {_PAGES.get(field, field) for field in fields}


def completeness(wrong: Collection[str], filled: Collection[str]) -> Completeness:
    """Return how far a draft is: of the parts it needs `wrong` are not done, others `filled`."""
    needed_done = sum(part not in wrong for part in NEEDED)
    return Completeness(needed_done + sum(part in filled for part in WORTH_IT), needed_done)
