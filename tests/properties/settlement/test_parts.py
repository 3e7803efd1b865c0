"""Whatever backers, sponsors, banks and clocks do, in any order: no share moves twice.

After every step the books prove, which includes that what is held back is the sum of its parts
and that the parts of a pledge are the pledge; every cent is in one place. At the end nothing is
held any more. Some pledge late, and some of their banks take that back.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import pytest
from flask import Flask

from marketplace.campaigns.rules.models import Ending
from marketplace.campaigns.services import inspecting
from marketplace.escrow.jobs import sweep
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.settlement import runner
from marketplace.simulator.refusals import Denied
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.books import accounted, prove
from tests.builders.disputes import balance, decided, disputed
from tests.builders.escrow import World, a_top_up
from tests.builders.holdback import Success, parts_of


class _Life:
    """Three backers, a sponsor and a bank who act at random."""

    def __init__(self, world: World, hand: clock.Hand, seed: int) -> None:
        self.world, self.hand, self.dice = world, hand, random.Random(seed)
        self.found: Success = holdback.a_success(
            world, hand, paid=seed % 2 == 0, ending=Ending(late_days=60)
        )
        self.late: list[UUID] = []

    def step(self) -> None:
        """Do one thing; that it is refused is as good as that it is done."""
        acts: list[Callable[[], object]] = [
            self.ship, self.accept, self.object_to, self.dispute, self.pledge_late,
            self.pledge_late, self.wait, self.wait,
        ]  # fmt: skip
        with suppress(Refusal, NotFound, Denied):
            self.dice.choice(acts)()
        self.world.work()
        runner.run(clock.now())
        self.world.deliver()
        prove(self.world)
        accounted(self.found.campaign_id)

    def ship(self) -> None:
        holdback.ship(self.found, self.dice.choice(self.found.pledges))

    def accept(self) -> None:
        who = self.dice.randrange(3)
        inspecting.accept(self.found.backers[who], self.found.pledges[who], clock.now())

    def object_to(self) -> None:
        holdback.decided(holdback.objected(self.found), self.dice.choice([0, 1, 1_499, 3_000]))

    def pledge_late(self) -> None:
        reward = self.dice.choice([None, *build.reward_ids(self.found.campaign_id)])
        amount = build.euros("100.01") if reward else build.euros("33.33")
        made = build.pledged(self.world, self.found.campaign_id, amount, reward_id=reward)
        self.late.append(made)

    def dispute(self) -> None:
        pledge = self.dice.choice([*self.found.pledges, *self.late])
        if build.state_of(pledge) in {"held", "released"}:
            case = disputed(self.world, pledge)
            decided(self.world, self.hand, case.id, won=self.dice.random() < 0.5)

    def wait(self) -> None:
        self.hand.advance(days=self.dice.choice([1, 9, 15]))

    def end(self) -> None:
        """Wait until nothing can be held any more."""
        for days in (83, 1, 1):
            self.hand.advance(days=days)
            runner.run(clock.now())
            sweep()
            build.arrive(self.world, self.hand)


@pytest.mark.parametrize("seed", [2, 5, 8])
def test_no_share_moves_twice_and_in_the_end_none_is_held(
    app: Flask, database_url: str, hand: clock.Hand, seed: int
) -> None:
    with build.a_market(app, database_url) as world:
        a_top_up(build.euros(900))
        life = _Life(world, hand, seed)
        for _step in range(10):
            life.step()

        life.end()

        made = [*life.found.pledges, *life.late]
        states = {state for each in made for _kind, _minor, state in parts_of(each)}
        assert states <= {"released", "returned", "charged_back"}
        assert balance("holdback:campaign", life.found.campaign_id) == 0
        assert balance("sponsor:payable", life.found.campaign_id) == 0
        prove(world)
