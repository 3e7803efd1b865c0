"""The end of a campaign: closed, waited for, decided, paid."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from flask import Flask

from marketplace.campaigns.services import closing
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow.services import dispatching
from marketplace.infra import transitions
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId, new_id, public_id
from marketplace.ledger import queries as ledger
from marketplace.ledger import services
from marketplace.ledger.services import Move
from marketplace.settlement import campaign_closing, runner
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_payee, a_top_up
from tests.builders.identity import an_actor


def kinds() -> list[str]:
    return [line.kind for line in campaign_closing.close_due_campaigns(clock.now())]


def balance(kind: str, owner: UUID | None = None) -> int:
    found = (
        ledger.balances_of(kind, [owner])[owner].posted_minor
        if owner
        else ledger.total(kind, "EUR")
    )
    db.session.rollback()
    return found


@command
def move(campaign_id: UUID, other: str, why: str, *, back: bool = False) -> None:
    """Take 40.00 out of a campaign's escrow by hand, or put it back."""
    held = services.account("escrow:campaign", "EUR", campaign_id)
    away = services.account(other, "EUR")
    source, target = (away, held) if back else (held, away)
    services.post(
        f"test.{why}:{campaign_id}",
        [Move(source, target, build.euros(40), "correction")],
        cause=f"campaign:{campaign_id}",
        actor="test",
        happened_at=clock.now(),
    )


class TestDeciding:
    @pytest.mark.parametrize(("raised", "state"), [("99.99", "unfunded"), ("100.00", "funded")])
    def test_a_cent_decides(self, world: World, hand: clock.Hand, raised: str, state: str) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        build.pledged(world, made, raised)
        hand.advance(days=5)

        kinds()

        assert build.campaign(made).state == state
        prove(world)

    def test_nothing_is_closed_a_second_before_its_deadline(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        build.pledged(world, made, "100")
        hand.advance(days=5, seconds=-1)

        assert kinds() == []
        assert build.campaign(made).state == "live"
        hand.advance(seconds=1)
        assert kinds()[:2] == ["campaign.closed", "campaign.funded"]

    def test_a_campaign_nobody_backed_ends_at_once(self, world: World, hand: clock.Hand) -> None:
        made = build.a_live_campaign(days=5)
        hand.advance(days=5)

        assert kinds() == ["campaign.closed", "campaign.unfunded"]

        assert build.campaign(made).state == "refunded"
        moves = [move.move for move in transitions.history("campaign", made)]
        assert moves == ["submit", "approve", "close", "miss", "complete"]
        prove(world)

    def test_fee_and_net_are_booked_to_the_cent(self, world: World, hand: clock.Hand) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        build.pledged(world, made, "116.67")
        shown = build.campaign(made).payout
        hand.advance(days=5)

        kinds()

        found = build.campaign(made)
        assert (found.fee_minor, found.net_minor) == (shown.fee.minor, shown.net.minor)
        assert balance("escrow:campaign", made) == 0
        assert balance("sponsor:payable", made) == shown.net.minor
        assert balance("fees:platform") == shown.fee.minor
        prove(world)

    def test_what_was_raised_stands_still_after_the_decision(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(10))
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        build.pledged(world, made, "60")
        hand.advance(days=5)
        kinds()
        build.arrive(world, hand)

        found = build.campaign(made)
        assert (found.state, found.raised_minor, found.backers) == ("refunded", 6_000, 1)
        assert (found.held_minor, found.refunded_minor) == (0, 6_000)

    def test_a_thousandth_campaign_does_not_wait_for_a_broken_one(
        self, world: World, hand: clock.Hand
    ) -> None:
        broken = build.a_live_campaign(goal=build.euros(100), days=5)
        good = build.a_live_campaign(goal=build.euros(100), days=5)
        for made in (broken, good):
            build.pledged(world, made, "100")
        hand.advance(days=5)
        move(broken, "suspense", "theft")

        assert "campaign.stopped" in kinds()
        assert build.campaign(broken).state == "closing"
        assert build.campaign(good).state == "funded"
        assert campaign_closing.alarm_overdue(clock.now()) == []
        hand.advance(minutes=61)
        kinds()
        alarms = campaign_closing.alarm_overdue(clock.now())
        assert [line.kind for line in alarms] == ["campaign.overdue"]

        move(broken, "suspense", "found", back=True)
        kinds()
        assert build.campaign(broken).state == "funded"
        assert campaign_closing.alarm_overdue(clock.now()) == []
        prove(world)


class TestWaiting:
    def test_an_open_checkout_is_shut_and_its_pledge_expires(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        build.pledged(world, made, "100")
        hand.advance(days=5, minutes=-5)
        placed = build.place(made, "50")
        dispatching.dispatch(placed.checkout_id)
        hand.advance(minutes=5)

        kinds()
        world.deliver()
        kinds()

        assert build.state_of(placed.pledge_id) == "expired"
        assert build.campaign(made).state == "funded"
        assert build.campaign(made).raised_minor == 10_000
        prove(world)

    def test_while_the_bank_is_silent_it_waits_and_then_decides_without(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5, tiers=[build.a_tier("25", 1)])
        build.pledged(world, made, "60")
        hand.advance(days=5, minutes=-5)
        placed = build.place(made, "50", reward_id=build.reward_ids(made)[0])
        dispatching.dispatch(placed.checkout_id)
        world.pay(placed.checkout_id)  # the news will be very late
        hand.advance(minutes=5)
        world.wire.trouble = ["broken"] * 20

        assert kinds() == ["campaign.closed", "campaign.waits"]
        hand.advance(minutes=44)
        assert kinds() == ["campaign.waits"]
        hand.advance(minutes=1)
        assert kinds()[0] == "campaign.unfunded"

        world.wire.trouble = []
        a_top_up(build.euros(10))
        build.arrive(world, hand)
        dispatching.recover()
        build.arrive(world, hand)
        runner.run(clock.now())
        assert build.state_of(placed.pledge_id) == "refunded"
        assert build.campaign(made).state == "refunded"
        prove(world)


class TestAfterwards:
    def funded(self, world: World, hand: clock.Hand) -> tuple[Actor, UUID]:
        backer = an_actor("Backer Bo")
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        pledge = build.pledged(world, made, "100", backer=backer)
        hand.advance(days=5)
        kinds()
        assert build.state_of(pledge) == "released"
        return backer, pledge

    def test_a_released_pledge_cannot_be_taken_back(self, world: World, hand: clock.Hand) -> None:
        backer, pledge = self.funded(world, hand)

        with pytest.raises(Exception, match="cancel_too_late"):
            cancel_pledge(backer, pledge, clock.now())

    def test_a_decided_campaign_is_never_decided_again(
        self, world: World, hand: clock.Hand
    ) -> None:
        self.funded(world, hand)

        assert kinds() == []

    def test_a_payout_nobody_ordered_is_an_alarm(self, world: World, hand: clock.Hand) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        build.pledged(world, made, "100")
        hand.advance(days=5)
        kinds()

        with pytest.raises(Broken):
            closing.mark_paid_out(
                made, instruction_id=InstructionId(new_id()), at=clock.now(), now=clock.now()
            )
        assert build.campaign(made).state == "funded"

    def test_refunds_finished_too_early_change_nothing(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(goal=build.euros(1000), days=5)
        build.pledged(world, made, "100")
        assert not closing.finish_refunds(made, clock.now())
        hand.advance(days=5)
        kinds()

        assert not closing.finish_refunds(made, clock.now())
        assert build.campaign(made).state == "unfunded"


def test_a_free_campaign_pays_everything_and_books_no_fee(world: World, hand: clock.Hand) -> None:
    """A fee of zero must not become a movement of zero."""
    build.set_fee(0)
    made = build.a_live_campaign(goal=build.euros(100), days=5)
    build.pledged(world, made, "100")
    hand.advance(days=5)

    kinds()

    assert (build.campaign(made).fee_minor, build.campaign(made).net_minor) == (0, 10_000)
    assert balance("fees:platform") == 0
    prove(world)


class TestTheOperatorsCommand:
    def test_a_dry_run_prints_who_gets_what_and_changes_nothing(
        self, world: World, hand: clock.Hand, app: Flask
    ) -> None:
        a_payee(world)
        sponsor = an_actor("Sponsor Sol")
        good = build.a_live_campaign(sponsor, goal=build.euros(100), days=5)
        bad = build.a_live_campaign(goal=build.euros(500), days=5)
        build.pledged(world, good, "100")
        lost = build.pledged(world, bad, "33.33")
        hand.advance(days=5)

        result = app.test_cli_runner().invoke(args=["settlement", "run", "--dry-run", "--json"])

        assert result.exit_code == 0, result.output
        lines = json.loads(result.output)
        paid = [(one["kind"], one["amount_minor"], one["person"]) for one in lines]
        assert ("campaign.payout", 9_500, public_id("per", sponsor.known())) in paid
        assert ("campaign.fee", 500, None) in paid
        assert [one[:2] for one in paid if one[0] == "pledge.refund"] == [("pledge.refund", 3_333)]
        assert {build.campaign(good).state, build.campaign(bad).state} == {"live"}
        assert build.state_of(lost) == "held"
        prove(world)

    def test_it_may_look_ahead_but_not_act_ahead(self, world: World, app: Flask) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        build.pledged(world, made, "100")
        run = app.test_cli_runner().invoke

        ahead = run(args=["settlement", "run", "--as-of", "2026-03-08", "--dry-run"])
        acted = run(args=["settlement", "run", "--as-of", "2026-03-08"])

        assert "campaign.funded" in ahead.output
        assert acted.exit_code == 1
        assert "has not come" in acted.output
        assert build.campaign(made).state == "live"
