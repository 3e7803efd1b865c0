"""Pledges, refunds, releases and disputes in any order, heard of late, twice or never.

Whatever happens, the books add up with the provider's, every loss is somebody's or ours, and
nobody has their money twice.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from flask import Flask

from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow.jobs import sweep
from marketplace.escrow.queries import disputes
from marketplace.escrow.services import answering, mirroring
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, Refusal
from marketplace.settlement import runner
from marketplace.simulator.disputes import LOSING, WINNING
from marketplace.simulator.refusals import Denied
from tests.builders import campaigns, loans
from tests.builders.books import accounted, prove
from tests.builders.disputes import balance, payment_of
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor

STEPS = 45


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with campaigns.a_market(app, database_url) as world:
        yield world


@dataclass
class Life:
    """One possible course of events, told by `chance`."""

    world: World
    hand: clock.Hand
    chance: random.Random
    officer: Actor
    backers: dict[UUID, Actor] = field(default_factory=dict)
    campaigns: list[UUID] = field(default_factory=list)
    post: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)

    def go_on(self) -> None:
        """Something happens."""
        acts: list[Callable[[], object]] = [
            self.begin,
            self.pledge,
            self.pledge,
            self.cancel,
            self.dispute,
            self.dispute,
            self.answer,
            self.hear,
            self.hear,
            self.settle,
            lambda: self.hand.advance(days=self.chance.randint(1, 4)),
        ]
        self.chance.choice(acts)()

    def begin(self) -> None:
        sponsor = an_actor("Sponsor Sol")
        if self.chance.random() < 0.6:
            loans.onboard(self.world, sponsor)
        goal = campaigns.euros(self.chance.choice([100, 5_000]))
        days = self.chance.randint(2, 12)
        tiers = [campaigns.a_tier("25", self.chance.choice([1, 2, 50]))]
        self.campaigns.append(campaigns.a_live_campaign(sponsor, goal=goal, days=days, tiers=tiers))

    def pledge(self) -> None:
        if not self.campaigns:
            return
        made, backer = self.chance.choice(self.campaigns), an_actor("Bo Backer")
        reward = self.chance.choice([None, *campaigns.reward_ids(made)])
        try:
            placed = campaigns.place(
                made, f"{self.chance.randint(2_500, 9_000) / 100}", backer=backer, reward_id=reward
            )
        except Refusal:
            return
        self.backers[placed.pledge_id] = backer
        self.world.deliver()
        campaigns.pay(self.world, placed)

    def cancel(self) -> None:
        for pledge_id in self.some():
            with contextlib.suppress(Refusal, IllegalMove):
                cancel_pledge(self.backers[pledge_id], pledge_id, clock.now())

    def dispute(self) -> None:
        for pledge_id in self.some():
            try:
                self.world.dispute(payment_of(pledge_id))
            except Denied:
                return

    def answer(self) -> None:
        for each in disputes.disputes(("needs_response",), limit=2):
            db.session.rollback()
            said = self.chance.choice([WINNING, LOSING])
            try:
                answering.contest(self.officer, each.id, evidence=said, now=clock.now())
            except Refusal:
                return

    def hear(self) -> None:
        """What the bank tells arrives in any order, some of it twice, some of it never."""
        self.world.teller.deliver_pending(self.keep)
        self.chance.shuffle(self.post)
        for body, headers in self.post:
            for _copy in range(self.chance.choice([0, 1, 1, 1, 2])):
                self.world.receive(body, headers)
        self.post = [each for each in self.post if self.chance.random() < 0.2]
        self.world.work()

    def keep(self, body: bytes, headers: Mapping[str, str]) -> int:
        self.post.append((body, headers))
        return 200

    def settle(self) -> None:
        runner.run(clock.now())
        sweep()
        self.world.work()

    def some(self) -> list[UUID]:
        known = sorted(self.backers)
        return [self.chance.choice(known)] if known else []

    def calm_down(self) -> None:
        """Every notice that is left is lost; the statement and the clock bring it all to light."""
        self.world.teller.deliver_pending(lambda _body, _headers: 200)
        for _ in range(6):
            self.hand.advance(days=8)
            self.world.teller.deliver_pending(lambda _body, _headers: 200)
            mirroring.mirror()
            self.settle()


def states() -> list[str]:
    found = column("SELECT state FROM pledge")
    db.session.rollback()
    return [str(each) for each in found]


@pytest.mark.parametrize("seed", range(4))
def test_every_loss_is_somebodys_and_the_books_agree(
    world: World, hand: clock.Hand, seed: int
) -> None:
    a_top_up(campaigns.euros(3_000))
    officer = an_actor("Fin Officer", role="finance_officer")
    life = Life(world, hand, random.Random(seed), officer)
    life.begin()

    for _ in range(STEPS):
        life.go_on()
    life.calm_down()

    prove(world)
    for made in life.campaigns:
        accounted(made)
    known = disputes.disputes(limit=500)
    db.session.rollback()
    assert balance("loss:chargeback") == sum(each.loss.minor for each in known)
    assert not {each.recovery for each in known} & {"due"}
    assert all(each.recovered_minor == 0 for each in known if each.state == "won")
