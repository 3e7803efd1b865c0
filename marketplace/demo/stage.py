"""The stage of the demo world: its clock, its dice, and the provider in this very process.

Everything is done through the commands people use and through the simulator's own web
application; only the network between them is left out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import httpx

from marketplace.escrow import gateway
from marketplace.escrow.jobs import sweep
from marketplace.escrow.services import dispatching, inbox, mirroring, payees
from marketplace.identity import queries as identity
from marketplace.infra import jobs
from marketplace.infra.database import db
from marketplace.infra.settings import Settings
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.settlement import runner
from marketplace.simulator.app import create_app, open_bank
from marketplace.simulator.teller import GOOD_CARD, Teller
from marketplace.wiring import simulator_at

Agenda = Callable[[int, Callable[[], None]], None]
"""Puts an act on a day of the world."""

WORLD_DAYS: Final = 365
_ROUNDS_EVERY: Final = 5  # days; the last day of the year is one of them


@dataclass
class Stage:
    """What every act needs. `now` is the business time, `dice` the seeded chance.

    `name` keeps the form keys of one performance apart from those of others.
    """

    hand: clock.Hand
    dice: random.Random
    teller: Teller
    name: str = "demo"
    cast: dict[str, Actor] = field(default_factory=dict)
    day: int = 0
    forms: int = 0

    @property
    def now(self) -> datetime:
        """The business time."""
        return self.hand()

    def keys(self, kind: str) -> list[str]:
        """Return the keys of everybody of a `kind`, in the order of the cast."""
        return [key for key in self.cast if key.startswith(f"{kind}-")]

    def form_key(self) -> str:
        """Return a fresh form key, the same whenever the same is played."""
        self.forms += 1
        return f"{self.name}-{self.forms}"

    def every(self, number: int) -> bool:
        """Whether the latest form is one of every `number`."""
        return self.forms % number == 0

    def pass_minutes(self, least: int = 1, most: int = 9) -> None:
        """Let a little time go by between two acts."""
        self.hand.advance(minutes=self.dice.randint(least, most), seconds=self.dice.randint(0, 59))

    def pay(self, checkout_id: UUID, card: str = GOOD_CARD) -> None:
        """Go to the provider's page of a checkout and pay there."""
        sent = dispatching.dispatch(checkout_id)
        if sent.provider_ref is not None and not sent.is_finished:
            self.teller.pay(sent.provider_ref, card)

    def leave(self, checkout_id: UUID) -> None:
        """Go to the provider's page of a checkout and close the window."""
        dispatching.dispatch(checkout_id)

    def onboard(self, person: Actor) -> None:
        """Set up payouts for a person on the provider's page."""
        payees.start_onboarding(person.known(), "/account/payouts")
        known = payees.payee(person.known())
        if known.provider_ref is not None and known.ready_at is None:
            self.teller.onboard(known.provider_ref)

    def settle(self) -> None:
        """Hand over the provider's notices, do what they cause, until nothing is left."""
        self.teller.deliver_pending(_hand_over)
        while jobs.run_due() and self.teller.deliver_pending(_hand_over):
            pass

    def end_day(self) -> None:
        """Do what the timetable does: settlement each day, statement and errands on some."""
        self.settle()
        runner.run(self.now)
        if self.day % _ROUNDS_EVERY == 0:
            mirroring.mirror()
            sweep()
        self.settle()

    def open_day(self, start: datetime, day: int) -> None:
        """Move to the beginning of `day`, unless it is already later than that."""
        self.day = day
        morning = start + timedelta(days=day)
        if morning > self.now:
            self.hand.set(morning)


@contextmanager
def provider_here(settings: Settings, dsn: str) -> Iterator[Teller]:
    """Work with the simulator in this process, on its own tables at `dsn`; yields its counter."""
    bank = open_bank(dsn, settings, source=clock.now)
    former = gateway.current()
    gateway.install(simulator_at(settings, httpx.WSGITransport(app=create_app(bank))))
    try:
        with bank.store.counter_closed():
            yield Teller(bank)
    finally:
        gateway.install(former)
        bank.store.close()


def actor_of(person_id: UUID) -> Actor:
    """Return a person of the demo world as the one who acts."""
    found = identity.person(person_id)
    db.session.rollback()
    if found is None:
        raise LookupError(str(person_id))
    return found.as_actor()


def _hand_over(body: bytes, headers: Mapping[str, str]) -> int:
    inbox.receive("simulator", body, headers)
    return 200
