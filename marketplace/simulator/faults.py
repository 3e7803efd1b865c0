"""The bank's bad days: chosen on its fault panel, each for so many calls or rounds of the courier.

`before` may refuse or delay a call, `after` may lose its answer, `parcels` may repeat, reorder or
hold back what is about to be delivered.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from marketplace.simulator.refusals import Denied
from marketplace.simulator.store import Store

SLOW_S: Final = 3.0
TIMES_MAX: Final = 1_000

Parcel = TypeVar("Parcel")


class Fault(StrEnum):
    """What can be wrong."""

    OUTAGE = "outage"
    BUSY = "busy"
    SLOW = "slow"
    LOST_ANSWER = "lost_answer"
    TWICE = "twice"
    DISORDER = "disorder"
    LATE = "late"


class Faults(Protocol):
    """What may go wrong, asked at each of the three places where it can."""

    def before(self, method: str, path: str) -> None:
        """Run before a call does anything; raise to make it fail without effect."""

    def after(self, method: str, path: str) -> None:
        """Run after a call has had its effect; raise to lose its answer."""

    def parcels(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Return what is really delivered, and in which order."""
        return parcels


class GoodDay:
    """Everything works."""

    def before(self, method: str, path: str) -> None:
        """Let the call through."""

    def after(self, method: str, path: str) -> None:
        """Let the answer through."""

    def parcels(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Deliver everything in order."""
        return parcels


class ChosenFaults:
    """Goes wrong as often as somebody chose on the panel, then works again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def chosen(self) -> dict[Fault, int]:
        """Return what goes wrong now, and how many times more."""
        with self._store.work() as work:
            rows = work.rows("SELECT kind, times FROM simulator.fault ORDER BY kind")
        return {Fault(row["kind"]): row["times"] for row in rows}

    def choose(self, fault: Fault, times: int) -> None:
        """Let it happen the next `times` times; 0 ends it."""
        with self._store.work() as work:
            work.run("DELETE FROM simulator.fault WHERE kind = %(kind)s", kind=fault)
            if times:
                work.run(
                    "INSERT INTO simulator.fault (kind, times) VALUES (%(kind)s, %(times)s)",
                    kind=fault,
                    times=times,
                )

    def before(self, method: str, path: str) -> None:  # noqa: ARG002 - the panel spares no call
        """Be slow, away or busy."""
        chosen = self.chosen()
        if self._happens(Fault.SLOW, chosen):
            threading.Event().wait(SLOW_S)
        if self._happens(Fault.OUTAGE, chosen):
            raise Denied(503, "outage", "The bank is closed for repairs.")
        if self._happens(Fault.BUSY, chosen):
            raise Denied(429, "busy", "Too many calls; come back later.")

    def after(self, method: str, path: str) -> None:  # noqa: ARG002 - only effects are worth losing
        """Lose the answer to what has just been done."""
        if method == "POST" and self._happens(Fault.LOST_ANSWER, self.chosen()):
            raise Denied(502, "lost_answer", "The answer got lost on its way.")

    def parcels(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Hold all of it back for half a minute, or deliver it twice or out of order."""
        chosen = self.chosen()
        if self._happens(Fault.LATE, chosen):
            return []
        carried = list(parcels)
        if self._happens(Fault.TWICE, chosen):
            carried += parcels
        if self._happens(Fault.DISORDER, chosen):
            random.shuffle(carried)
        return carried

    def _happens(self, fault: Fault, chosen: dict[Fault, int]) -> bool:
        if fault not in chosen:
            return False
        with self._store.work() as work:
            used = work.run(
                "UPDATE simulator.fault SET times = times - 1 WHERE kind = %(kind)s", kind=fault
            )
            work.run("DELETE FROM simulator.fault WHERE times <= 0")
        return used == 1
