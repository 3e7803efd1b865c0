"""The bank's bad days: chosen on its fault panel or by JSON, each so many times or by chance.

Chance is a seed's: whether something happens to a call depends on the seed and the call's
number since the seed was set, counted while anything is chosen; whether it happens to a notice,
on the seed, the notice's number and how often it was carried. So a run can be repeated.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from marketplace.simulator.faults import (
    ANY_CALL,
    GOOD,
    POST_ONLY,
    Chance,
    Crashed,
    Fate,
    Fault,
)
from marketplace.simulator.parcels import Guise, Parcel
from marketplace.simulator.store import Row, Store, Work

SEED: Final = 1
SHOWN: Final = 50
_GUISES: Final = {Fault.FORGED: Guise.FORGED, Fault.STALE: Guise.STALE}
_FAULTS: Final = {guise: fault for fault, guise in _GUISES.items()}


def _crash() -> None:
    raise Crashed


@dataclass
class _Draw:
    """What is chosen, while it is asked what of it happens; `spend` writes down what did."""

    work: Work
    seed: int
    chosen: dict[Fault, Chance]
    happened: list[tuple[Fault, str]] = field(default_factory=list)

    def happens(self, fault: Fault, number: str, what: str) -> bool:
        """Whether `fault` happens to the thing with this `number`."""
        chance = self.chosen.get(fault)
        if chance is None or not self._falls(fault, chance, number):
            return False
        if chance.times is not None:
            self.chosen[fault] = replace(chance, times=chance.times - 1)
        self.happened.append((fault, what))
        return True

    def spend(self) -> None:
        """Write down what happened, and that it happens less often from now on."""
        for fault, what in self.happened:
            _note(self.work, fault, what)
            self.work.run(
                "UPDATE simulator.fault SET times = times - 1 WHERE kind = %(kind)s", kind=fault
            )
        if self.happened:
            self.work.run("DELETE FROM simulator.fault WHERE times <= 0")

    def _falls(self, fault: Fault, chance: Chance, number: str) -> bool:
        if chance.times is not None:
            return chance.times > 0
        return fell(self.seed, fault, number) < (100 if chance.percent is None else chance.percent)


def fell(seed: int, fault: Fault, number: str) -> int:
    """Return how the die of 100 sides falls: 0 to 99, always the same for the same three."""
    digest = hashlib.sha256(f"{seed}:{fault}:{number}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100


class ChosenFaults:
    """Goes wrong as somebody chose. `die` is how this process ends where it shall crash."""

    def __init__(self, store: Store, die: Callable[[], None] = _crash) -> None:
        self._store = store
        self._die = die

    def chosen(self) -> dict[Fault, Chance]:
        """Return what goes wrong now, and how often."""
        with self._store.glance() as work:
            return _chosen(work)

    def choose(self, fault: Fault, chance: Chance | None) -> None:
        """Let it happen that often; None ends it."""
        with self._store.work() as work:
            work.run("DELETE FROM simulator.fault WHERE kind = %(kind)s", kind=fault)
            if chance is not None:
                work.run(
                    "INSERT INTO simulator.fault (kind, times, percent, until, size)"
                    " VALUES (%(kind)s, %(times)s, %(percent)s, %(until)s, %(size)s)",
                    kind=fault, times=chance.times, percent=chance.percent, until=chance.until,
                    size=chance.size,
                )  # fmt: skip

    def choose_all(self, chances: Mapping[Fault, Chance], seed: int | None = None) -> None:
        """Let exactly this go wrong, and start again from `seed` where one is given."""
        self.good_day()
        if seed is not None:
            self.start(seed)
        for fault, chance in chances.items():
            self.choose(fault, chance)

    def good_day(self) -> None:
        """End all that goes wrong; keys that stuck answer again."""
        with self._store.work() as work:
            work.run("DELETE FROM simulator.fault")
            work.run("UPDATE simulator.request SET sticky = 0 WHERE sticky > 0")

    def start(self, seed: int) -> None:
        """Count calls from one again, and decide by `seed`."""
        with self._store.work() as work:
            work.run(
                "INSERT INTO simulator.mood (seed) VALUES (%(seed)s)"
                " ON CONFLICT (sole) DO UPDATE SET seed = excluded.seed, calls = 0",
                seed=seed,
            )

    def mood(self) -> tuple[int, int]:
        """Return the seed, and how many calls have been counted since it was set."""
        with self._store.work() as work:
            row = work.row("SELECT seed, calls FROM simulator.mood")
        return (row["seed"], row["calls"]) if row else (SEED, 0)

    def done(self, limit: int = SHOWN) -> list[Row]:
        """Return what went wrong lately, newest first."""
        with self._store.work() as work:
            return list(
                work.rows(
                    "SELECT kind, what, at FROM simulator.mishap ORDER BY position DESC"
                    " LIMIT %(limit)s",
                    limit=limit,
                )
            )

    def meet(self, method: str, path: str) -> Fate:
        """Decide what happens to the next call, once and for all; a slow one waits here."""
        with self._store.work() as work:
            chosen = _chosen(work)
            if not chosen:
                return GOOD
            seed, number = _next_call(work)
            draw = _Draw(work, seed, chosen)
            what = f"{method} {path}"
            slow = draw.happens(Fault.SLOW, number, what)
            kinds = (*ANY_CALL, *POST_ONLY) if method == "POST" else ANY_CALL
            fault = next((kind for kind in kinds if draw.happens(kind, number, what)), None)
            draw.spend()
        if slow:
            threading.Event().wait(chosen[Fault.SLOW].size)
        return Fate(fault, chosen[fault].size) if fault else GOOD

    def crash(self, fate: Fate, fault: Fault) -> None:
        """Die here if that is the call's fate."""
        if fate.fault is fault:
            self._die()

    def parcels(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Hold back, lose, repeat, forge or shuffle, as chosen."""
        with self._store.work() as work:
            chosen = _chosen(work)
            if not chosen:
                return parcels
            draw = _Draw(work, _seed(work), chosen)
            carried = [copy for parcel in parcels for copy in _copies(draw, parcel)]
            number = _number(parcels[0])
            if draw.happens(Fault.DISORDER, number, f"{len(carried)} notices"):
                random.Random(f"{draw.seed}:{number}").shuffle(carried)  # noqa: S311 - repeatable
            draw.spend()
        return carried

    def delivered(self, parcel: Parcel, status: int) -> None:
        """Take note of how the platform answered what was not genuine."""
        fault = _FAULTS.get(parcel.guise)
        if fault is not None:
            with self._store.work() as work:
                _note(work, fault, f"{parcel.kind}: the platform answered {status or '-'}")

    def crash_courier(self, parcels: Sequence[Parcel]) -> None:
        """Die here if the courier shall not live to write down what has arrived."""
        with self._store.work() as work:
            draw = _Draw(work, _seed(work), _chosen(work))
            dies = draw.happens(Fault.CRASH_COURIER, _number(parcels[0]), f"{len(parcels)} notices")
            draw.spend()
        if dies:
            self._die()

    def closed(self) -> bool:
        """Whether an outage of every call has closed the hosted pages too."""
        outage = self.chosen().get(Fault.OUTAGE)
        return outage is not None and outage.times is None and outage.percent is None


def _copies(draw: _Draw, parcel: Parcel) -> Iterable[Parcel]:
    number = _number(parcel)
    if draw.happens(Fault.LATE, number, parcel.kind):
        return
    for fault, guise in _GUISES.items():
        if draw.happens(fault, number, parcel.kind):
            yield replace(parcel, guise=guise)
    if draw.happens(Fault.LOST_NOTICE, number, parcel.kind):
        yield replace(parcel, guise=Guise.LOST)
        return
    yield parcel
    if draw.happens(Fault.TWICE, number, parcel.kind):
        yield parcel


def _number(parcel: Parcel) -> str:
    return f"{parcel.position}.{parcel.attempts}"


def _chosen(work: Work) -> dict[Fault, Chance]:
    rows = work.rows(
        "SELECT kind, times, percent, until, size FROM simulator.fault"
        " WHERE until IS NULL OR until > %(now)s ORDER BY kind",
        now=work.now,
    )
    return {
        Fault(row["kind"]): Chance(row["times"], row["percent"], row["until"], row["size"])
        for row in rows
    }


def _next_call(work: Work) -> tuple[int, str]:
    row = work.rows(
        "INSERT INTO simulator.mood AS m (seed, calls) VALUES (%(seed)s, 1)"
        " ON CONFLICT (sole) DO UPDATE SET calls = m.calls + 1 RETURNING seed, calls",
        seed=SEED,
    )[0]
    return row["seed"], str(row["calls"])


def _seed(work: Work) -> int:
    row = work.row("SELECT seed FROM simulator.mood")
    return int(row["seed"]) if row else SEED


def _note(work: Work, fault: Fault, what: str) -> None:
    work.run(
        "INSERT INTO simulator.mishap (kind, what, at) VALUES (%(kind)s, %(what)s, %(now)s)",
        kind=fault,
        what=what,
        now=work.now,
    )
