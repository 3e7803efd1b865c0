"""What a difference between ledger and provider calls for: the entry, or who ends it by itself.

Sources: `reference/payments-and-ledger.md` 1.10 and 4.4. What cannot be matched goes to
`suspense`, the account of things that still await their explanation, and never anywhere else:
no result is invented for the sake of a green light.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Remedy(StrEnum):
    """What ends a difference."""

    WAIT = "wait"  # the provider's own delay; over with the next statement
    MIRROR = "mirror"  # the next reading of the statement books it
    READ_BACK = "read_back"  # the instruction is asked for anew; its success is booked then
    SUSPENSE = "suspense"  # two officers book it to suspense until it is explained
    FIND_LINE = "find_line"  # only the sum differs: one of the lines beside it says why


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to do about a difference, and the entry that would make both sides equal.

    `minor` is the change of the provider's cash in the ledger, in the difference's currency:
    above zero `debit` is the cash and `credit` is suspense. Zero where no entry is called for.
    """

    remedy: Remedy
    minor: int = 0

    @property
    def debit(self) -> str:
        """The kind of account that is debited."""
        return "provider" if self.minor > 0 else "suspense"

    @property
    def credit(self) -> str:
        """The kind of account that is credited."""
        return "suspense" if self.minor > 0 else "provider"

    @property
    def is_bookable(self) -> bool:
        """Whether two officers may book it."""
        return self.remedy is Remedy.SUSPENSE and self.minor != 0


_BY_ITSELF: Final = {
    "timing": Remedy.WAIT,
    "fee": Remedy.MIRROR,
    "total": Remedy.FIND_LINE,
}
# How long the way that needs nobody is given before an entry is proposed.
PATIENCE_HOURS: Final = 24


def propose(kind: str, *, here_minor: int, there_minor: int, age_hours: int) -> Proposal:
    """Return what a difference of type `kind` calls for at its age.

    `here_minor` is what the ledger has booked, `there_minor` what the provider's statement says,
    both signed as changes of the platform's cash and after fees.
    """
    if kind in _BY_ITSELF:
        return Proposal(_BY_ITSELF[kind])
    gap = there_minor - here_minor
    if kind in {"missing_here", "missing_there"} and age_hours < PATIENCE_HOURS:
        return Proposal(Remedy.READ_BACK, gap)
    return Proposal(Remedy.SUSPENSE, gap)
