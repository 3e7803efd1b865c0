"""How much is done: a few moments in `make test`, minutes by default, everything for the note."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """The sizes of one run; each bar takes what it needs."""

    name: str
    kills: int  # crash: workers killed, half of them parked at a call
    waits: bool  # crash: recovery is waited for and timed, not hurried by moving timestamps
    lanes: int  # crash: sites side by side, because most of a recovery is waiting
    pledges: int  # answers: pledges of one deadline
    shuffles: int  # webhooks: orders in which the same notices arrive
    notices: int  # webhooks: payments whose notices they are
    forgeries: int  # forgery: genuine notices, each forged in every way
    buyers: int  # buyers: people who want a reward at the same moment
    clients: int
    operations: int  # conservation: of one life; 20 of 5,000 are the 100,000 of the bar
    seeds: int  # conservation and worlds: worlds
    steps: int  # worlds: operations of one world with faults and kills
    loans: int  # rounding
    clean_operations: int  # differences: after which no alarm may be raised
    visits: int  # outage: pages asked for each minute of it
    durable: bool = True  # figures of time are taken where every commit is on the disk


SCALES: Final = {
    scale.name: scale
    for scale in (
        Scale(
            "smoke",
            kills=4, waits=False, lanes=2, pledges=40, shuffles=1, notices=30, forgeries=2,
            buyers=12, clients=4, operations=40, seeds=1, steps=12, loans=30,
            clean_operations=25, visits=1, durable=False,
        ),
        Scale(
            "default",
            kills=40, waits=True, lanes=8, pledges=1_000, shuffles=6, notices=60, forgeries=20,
            buyers=300, clients=50, operations=5_000, seeds=1, steps=120, loans=500,
            clean_operations=1_000, visits=10,
        ),
        Scale(
            "full",
            kills=200, waits=True, lanes=10, pledges=1_000, shuffles=20, notices=200, forgeries=100,
            buyers=1_000, clients=50, operations=5_000, seeds=20, steps=200, loans=10_000,
            clean_operations=10_000, visits=20,
        ),
    )
}  # fmt: skip
