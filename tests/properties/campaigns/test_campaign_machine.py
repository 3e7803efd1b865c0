"""Whatever people, banks and clocks do to a campaign, in any order: the books add up.

After every step raised is the sum of what is held, no reward is oversold, and nobody got
anything for nothing. At the end every pledge has come to rest and every cent is somewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from marketplace.campaigns.queries import rewards
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.campaigns.services.placing import Placed
from marketplace.campaigns.services.promising import open_repair
from marketplace.escrow import queries as escrow
from marketplace.escrow.services import dispatching
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, Refusal
from marketplace.kernel.money import Money
from marketplace.settlement import runner
from marketplace.simulator.refusals import Denied
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.conftest import START
from tests.database import clean

CARDS = ["4242424242424242", "4000000000000002", "4000002760003184", "wallet", "bank"]
SAVED_CARDS = [
    *("4242424242424242", "4000000000000002", "4000002760003184"),
    *("4000000000000341", "4000000000001067"),
]
TROUBLES = ["answer_lost", "lost", "broken", "refused", "busy", "garbled"]
ENDS = {"released", "refunded", "expired", "cancelled", "lapsed"}


class CampaignLife(RuleBasedStateMachine):
    """One campaign with a reward of two and one of three, three backers, and a moody bank."""

    app: Flask
    address: str
    sweeping: psycopg.Connection[Any]
    collection = "now"
    cards: Sequence[str] = CARDS

    def __init__(self) -> None:
        super().__init__()
        clean(self.sweeping)
        self.stack = ExitStack()
        self.hand = self.stack.enter_context(clock.frozen(START))
        self.world: World = self.stack.enter_context(build.a_market(self.app, self.address))

    def teardown(self) -> None:
        try:
            if hasattr(self, "made"):
                self.come_to_rest()
        finally:
            self.stack.close()
            db.session.remove()

    @initialize()
    def begin(self) -> None:
        a_top_up(build.euros(1_000))
        self.made = build.a_live_campaign(
            goal=build.euros(150),
            days=3,
            tiers=[build.a_tier("25", 2), build.a_tier("40", 3)],
            collection=self.collection,
        )
        self.rewards: list[UUID | None] = [None, *build.reward_ids(self.made)]
        self.backers = [an_actor(f"Backer {name}") for name in ("Ann", "Ben", "Cid")]
        self.placed: list[tuple[Actor, Placed]] = []

    @rule(who=st.integers(0, 2), tier=st.integers(0, 2), minor=st.integers(50, 9_000))
    def pledge(self, who: int, tier: int, minor: int) -> None:
        backer = self.backers[who]
        try:
            placed = build.place(
                self.made, Money(minor, "EUR"), backer=backer, reward_id=self.rewards[tier]
            )
        except Refusal as refusal:
            expected = {"campaign_closed", "pledge_too_small", "below_reward", "reward_gone"}
            assert refusal.code in expected  # noqa: PT017 - which refusal is the point
            return
        self.placed.append((backer, placed))

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), trouble=st.sampled_from(["", "", *TROUBLES]))
    def go_to_the_bank(self, data: st.DataObject, trouble: str) -> None:
        _backer, placed = data.draw(st.sampled_from(self.placed))
        self.world.wire.trouble = [trouble] if trouble else []
        dispatching.dispatch(placed.checkout_id)
        self.world.wire.trouble = []

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def pay(self, data: st.DataObject) -> None:
        _backer, placed = data.draw(st.sampled_from(self.placed))
        card = data.draw(st.sampled_from(self.cards))
        if self.reference(placed) is None:
            return
        try:
            self.world.pay(placed.checkout_id, card)
        except Denied:
            return  # declined, too late, paid already

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        backer, placed = data.draw(st.sampled_from(self.placed))
        try:
            on_its_way = cancel_pledge(backer, placed.pledge_id, clock.now())
        except (IllegalMove, Refusal):
            return
        if not on_its_way:
            dispatching.withdraw(placed.checkout_id)

    @rule()
    def news_arrives(self) -> None:
        self.world.deliver()

    @rule()
    def what_was_silent_is_read_back(self) -> None:
        self.hand.advance(minutes=2)
        dispatching.recover()
        self.world.work()

    @rule(minutes=st.sampled_from([1, 20, 31, 60, 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.hand.advance(minutes=minutes)

    @rule()
    def settlement_runs(self) -> None:
        runner.run(clock.now())

    @invariant()
    def what_is_shown_is_what_is_held(self) -> None:
        if not hasattr(self, "made"):
            return
        campaign = build.campaign(self.made)
        counted = scalar(
            """
            SELECT coalesce(sum(amount_minor), 0) FROM pledge
            WHERE state IN ('promised', 'charging', 'declined', 'held', 'released')
               OR refund_reason = 'goal_missed' OR (state = 'lapsed' AND decline_reason IS NULL)
            """
        )
        db.session.rollback()
        assert campaign.raised_minor == counted

    @invariant()
    def nothing_is_oversold(self) -> None:
        if not hasattr(self, "made"):
            return
        sold = rewards.of_campaign(self.made)
        db.session.rollback()
        assert all(0 <= reward.taken <= (reward.quantity or 0) for reward in sold)

    def reference(self, placed: Placed) -> str | None:
        found = escrow.instruction(placed.checkout_id).provider_ref
        db.session.rollback()
        return found

    def come_to_rest(self) -> None:
        """Let three weeks pass, hour by hour at first: everything ends somewhere."""
        for hours in [1, 1, 1, *[24] * 20]:
            self.hand.advance(hours=hours)
            dispatching.recover()
            dispatching.expire_unsent()
            dispatching.dispatch_due()
            self.world.deliver()
            runner.run(clock.now())
            self.world.deliver()
        campaign = build.campaign(self.made)
        states = {build.state_of(placed.pledge_id) for _backer, placed in self.placed}
        assert campaign.state in {"funded", "refunded"}, campaign.state
        assert (campaign.state == "funded") == (campaign.raised_minor >= 15_000)
        assert states <= ENDS, states
        prove(self.world)


class LaterLife(CampaignLife):
    """The same with cards that are saved first and charged at the deadline."""

    collection = "deadline"
    cards = SAVED_CARDS

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), card=st.sampled_from(SAVED_CARDS), patient=st.booleans())
    def mend(self, data: st.DataObject, card: str, patient: bool) -> None:  # noqa: FBT001
        """A backer whose card was declined pays on a page, or opens it and leaves."""
        backer, placed = data.draw(st.sampled_from(self.placed))
        try:
            page_id = open_repair(backer, placed.pledge_id, clock.now())
        except Refusal:
            return
        dispatching.dispatch(page_id)
        if not patient:
            return
        try:
            self.world.pay(page_id, card)
        except Denied:
            return

    @rule()
    def a_week_begins(self) -> None:
        """The deadline comes, and the cards are charged."""
        self.hand.advance(days=3)
        runner.run(clock.now())
        dispatching.dispatch_due()
        self.world.deliver()


@pytest.mark.slow
def test_no_order_of_events_loses_a_cent(
    app: Flask, database_url: str, sweeping_connection: psycopg.Connection[Any]
) -> None:
    CampaignLife.app, CampaignLife.address = app, database_url
    CampaignLife.sweeping = sweeping_connection
    run_state_machine_as_test(
        CampaignLife,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_no_order_of_declines_and_repairs_charges_anybody_twice(
    app: Flask, database_url: str, sweeping_connection: psycopg.Connection[Any]
) -> None:
    LaterLife.app, LaterLife.address = app, database_url
    LaterLife.sweeping = sweeping_connection
    run_state_machine_as_test(
        LaterLife,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
