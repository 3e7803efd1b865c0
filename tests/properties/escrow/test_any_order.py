"""Whatever happens in whatever order, everything is done once and the books agree in the end.

People pay and fail to pay, money goes back and out, calls get lost on the way there or back,
notices come late, twice, out of order or never, workers die with a call in hand.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from marketplace.escrow.jobs import sweep
from marketplace.escrow.queries import Instruction, instructions
from marketplace.escrow.services import dispatching
from marketplace.escrow.services.mirroring import mirror
from marketplace.infra import jobs
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute
from marketplace.kernel import clock
from marketplace.kernel.errors import ProviderTrouble
from marketplace.kernel.money import Money
from marketplace.simulator.cards import CARDS
from marketplace.simulator.refusals import Denied
from marketplace.simulator.teller import GOOD_CARD
from tests.builders.books import prove
from tests.builders.escrow import (
    World,
    a_checkout,
    a_payee,
    a_refund,
    a_top_up,
    a_transfer,
    a_world,
)

TROUBLES = ("refused", "busy", "broken", "garbled", "lost", "answer_lost")
STEPS = 70


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with a_world(app, database_url) as world:
        yield world


@dataclass
class Life:
    """One possible course of events, told by `chance`."""

    world: World
    hand: clock.Hand
    chance: random.Random
    payee: UUID
    left: dict[UUID, int] = field(default_factory=dict)
    given_back: dict[UUID, int] = field(default_factory=dict)
    post: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)

    def go_on(self) -> None:
        """Something happens."""
        acts: list[Callable[[], object]] = [
            self.open,
            self.open,
            self.pay,
            self.pay,
            self.refund,
            self.pay_out,
            self.withdraw,
            self.break_the_line,
            self.collect_post,
            self.deliver_post,
            self.deliver_post,
            self.sweep,
            self.die,
            lambda: self.hand.advance(minutes=self.chance.randint(1, 90)),
        ]
        self.chance.choice(acts)()

    def open(self) -> None:
        amount = Money(self.chance.randint(100, 9_000), "EUR")
        planned = a_checkout(amount, life=timedelta(hours=self.chance.randint(1, 5)))
        if self.chance.random() < 0.8:
            dispatching.dispatch(planned)

    def pay(self) -> None:
        sent = [one for one in self.known("checkout", "sent") if one.provider_ref]
        if sent:
            card = GOOD_CARD if self.chance.random() < 0.8 else self.chance.choice(sorted(CARDS))
            one = self.chance.choice(sent)
            try:
                self.world.teller.pay(str(one.provider_ref), card)
            except Denied:
                return  # over, or paid before

    def refund(self) -> None:
        paid, left = self.with_money()
        if paid is not None:
            amount = self.chance.choice([left, self.chance.randint(1, left)])
            nth = self.given_back[paid.id] = self.given_back.get(paid.id, 0) + 1
            a_refund(paid, Money(amount, "EUR"), sequence=nth)
            self.left[paid.id] = left - amount

    def pay_out(self) -> None:
        paid, left = self.with_money()
        if paid is not None:
            amount = self.chance.randint(1, left)
            a_transfer(self.payee, Money(amount, "EUR"), paid.account_id)
            self.left[paid.id] = left - amount

    def withdraw(self) -> None:
        opened = self.known("checkout", "sent", "planned")
        if opened:
            dispatching.withdraw(self.chance.choice(opened).id)

    def break_the_line(self) -> None:
        self.world.wire.trouble = self.chance.choices(TROUBLES, k=self.chance.randint(1, 4))

    def collect_post(self) -> None:
        def take(body: bytes, headers: Mapping[str, str]) -> int:
            self.post.append((body, headers))
            return 200

        self.world.teller.deliver_pending(take)

    def deliver_post(self) -> None:
        """In any order, some of it twice, some of it never."""
        self.collect_post()
        letters = [one for one in self.post if self.chance.random() < 0.7]
        letters += [one for one in letters if self.chance.random() < 0.3]
        self.chance.shuffle(letters)
        for body, headers in letters:
            self.world.receive(body, headers)
        self.post.clear()
        jobs.run_due()

    def sweep(self) -> None:
        sweep()
        try:
            mirror()
        except ProviderTrouble:
            db.session.rollback()

    def die(self) -> None:
        """Whoever had a call in hand is gone, and a minute has passed."""
        _let_leases_run_out()

    def known(self, kind: str, *states: str) -> list[Instruction]:
        found = [one for one in instructions(states=states, limit=1_000) if one.kind == kind]
        db.session.rollback()
        return sorted(found, key=lambda one: one.id)

    def with_money(self) -> tuple[Instruction | None, int]:
        paid = self.known("checkout", "succeeded")
        paid = [one for one in paid if self.left.setdefault(one.id, one.amount_minor)]
        chosen = self.chance.choice(paid) if paid else None
        return chosen, self.left[chosen.id] if chosen else 0

    def calm_down(self) -> None:
        """The line holds and days pass, but no notice arrives any more."""
        self.world.wire.trouble = []
        for _ in range(20):
            self.hand.advance(hours=6)
            self.world.bank.tick()
            _let_leases_run_out()
            self.sweep()
            jobs.run_due()


@command
def _let_leases_run_out() -> None:
    execute("UPDATE escrow_instruction SET lease_until = lease_until - interval '1 hour'")


@pytest.mark.parametrize("seed", range(5, 10))
def test_everything_is_done_once_and_the_books_agree(
    world: World, hand: clock.Hand, seed: int
) -> None:
    a_top_up(Money.of("100.00", "EUR"))
    life = Life(world, hand, random.Random(seed), a_payee(world))

    for _ in range(STEPS):
        life.go_on()
    life.calm_down()

    unfinished = [one for one in instructions(limit=1_000) if not one.is_finished]
    db.session.rollback()
    assert unfinished == []
    assert _made_twice(world) == []
    prove(world)


def _made_twice(world: World) -> list[object]:
    tables = ("checkout", "refund", "transfer", "topup")
    with world.bank.work() as work:
        return [
            row
            for table in tables
            for row in work.rows(
                f"SELECT operation_id FROM simulator.{table} GROUP BY 1 HAVING count(*) > 1"
            )
        ]
