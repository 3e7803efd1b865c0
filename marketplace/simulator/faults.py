"""What can go wrong at the bank, and the places where it is asked whether it does.

A call meets its fate once, when it comes in: `meet` says what will happen to it. `parcels` may
lose, repeat, reorder, forge or hold back what is about to be delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from marketplace.simulator.parcels import Parcel
from marketplace.simulator.refusals import Denied

TIMES_MAX: Final = 1_000
SIZE_MAX: Final = 100
SIZE: Final = 3  # seconds of a slow call, further tries of a sticky one


class Fault(StrEnum):
    """What can be wrong."""

    SLOW = "slow"
    OUTAGE = "outage"
    DROP_BEFORE = "drop_before"
    CONFLICT = "conflict"
    BUSY = "busy"
    BROKEN = "broken"
    CRASH_BEFORE = "crash_before"
    STICKY = "sticky"
    LOST_ANSWER = "lost_answer"
    DROP_AFTER = "drop_after"
    CRASH_AFTER = "crash_after"
    TWICE = "twice"
    DISORDER = "disorder"
    LATE = "late"
    LOST_NOTICE = "lost_notice"
    FORGED = "forged"
    STALE = "stale"
    CRASH_COURIER = "crash_courier"


# A call meets at most one of these, the first that happens. The later ones need an effect to
# hide, so that only a POST meets them.
ANY_CALL: Final = (Fault.OUTAGE, Fault.DROP_BEFORE, Fault.BUSY, Fault.BROKEN)
POST_ONLY: Final = (
    Fault.CONFLICT,
    Fault.CRASH_BEFORE,
    Fault.STICKY,
    Fault.LOST_ANSWER,
    Fault.DROP_AFTER,
    Fault.CRASH_AFTER,
)
_DENIALS: Final = {
    Fault.OUTAGE: (503, "outage", "The bank is closed for repairs."),
    Fault.BUSY: (429, "busy", "Too many calls; come back later."),
    Fault.BROKEN: (500, "broken", "Something went wrong. Nothing was done."),
    Fault.CONFLICT: (409, "key_in_use", "A request under this key is being worked on."),
    Fault.LOST_ANSWER: (502, "lost_answer", "The answer got lost on its way."),
}


class Dropped(Exception):
    """The line goes dead: whoever called gets no answer at all."""


class Crashed(Exception):
    """The bank's process dies here, where it is one; in a test only its work does."""


@dataclass(frozen=True, slots=True)
class Chance:
    """How often something goes wrong: the next `times` times, or `percent` of the time.

    It ends at `until` at the latest. `size` is how slow or how sticky.
    """

    times: int | None = None
    percent: int | None = None
    until: datetime | None = None
    size: int = SIZE


@dataclass(frozen=True, slots=True)
class Fate:
    """What will happen to one call; nothing, on a good day."""

    fault: Fault | None = None
    size: int = 0

    def before(self) -> None:
        """Fail before the call does anything."""
        if self.fault is Fault.DROP_BEFORE:
            raise Dropped
        if self.fault in {*ANY_CALL, Fault.CONFLICT}:
            raise Denied(*_DENIALS[self.fault])

    def after(self) -> None:
        """Fail after the call has had its effect."""
        if self.fault is Fault.DROP_AFTER:
            raise Dropped
        if self.fault is Fault.LOST_ANSWER:
            raise Denied(*_DENIALS[self.fault])

    @property
    def sticks(self) -> int:
        """How many more times the key of this call answers 500, though it is done."""
        return self.size if self.fault is Fault.STICKY else 0


GOOD: Final = Fate()


class Faults(Protocol):
    """What may go wrong, asked at each of the places where it can."""

    def meet(self, method: str, path: str) -> Fate:
        """Return what will happen to a call; may take its time."""

    def crash(self, fate: Fate, fault: Fault) -> None:
        """Die here if that is the call's fate."""

    def parcels(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Return what is really delivered, and in which order."""

    def delivered(self, parcel: Parcel, status: int) -> None:
        """Take note of how the platform answered what was not genuine."""

    def crash_courier(self, parcels: Sequence[Parcel]) -> None:
        """Die here if the courier shall not live to write down what has arrived."""

    def closed(self) -> bool:
        """Whether even the hosted pages are closed."""


class GoodDay:
    """Everything works."""

    def meet(self, method: str, path: str) -> Fate:  # noqa: ARG002 - all calls alike
        """Let the call through."""
        return GOOD

    def crash(self, fate: Fate, fault: Fault) -> None:
        """Live on."""

    def parcels(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Deliver everything in order."""
        return parcels

    def delivered(self, parcel: Parcel, status: int) -> None:
        """There is nothing to note."""

    def crash_courier(self, parcels: Sequence[Parcel]) -> None:
        """Live on."""

    def closed(self) -> bool:
        """The pages are open."""
        return False
