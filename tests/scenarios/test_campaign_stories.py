"""Whole campaigns, from the first draft to the last cent, the books proved at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from marketplace.escrow.services import dispatching
from marketplace.infra.database import scalar
from marketplace.kernel import clock
from marketplace.ledger import queries as ledger
from marketplace.settlement import payouts, runner
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.builders.loans import onboard

REFUND_FAILS = "4000 0000 0000 5126"


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with build.a_market(app, database_url) as world:
        a_top_up(build.euros(100))  # the provider keeps its fees of what is given back
        yield world


def settle_down(world: World, hand: clock.Hand, days: int) -> None:
    """Let days pass: settlement and the provider's notices, as the timetable would."""
    for _ in range(days):
        hand.advance(days=1)
        runner.run(clock.now())
        world.deliver()


def test_a_funded_campaign_pays_its_sponsor_net_of_the_fee_that_was_shown(
    world: World, hand: clock.Hand
) -> None:
    sponsor = an_actor("Sponsor Sol")
    onboard(world, sponsor)
    made = build.a_live_campaign(sponsor, goal=build.euros(100), days=10)
    held = [build.pledged(world, made, amount) for amount in ("33.33", "33.33", "50.01")]
    shown = build.campaign(made).payout

    settle_down(world, hand, 25)

    now = build.campaign(made)
    assert now.state == "paid_out"
    assert (now.fee_minor, now.net_minor) == (shown.fee.minor, shown.net.minor) == (583, 11084)
    assert {build.state_of(pledge) for pledge in held} == {"released"}
    payable = ledger.balances_of("sponsor:payable", [made])[made]
    assert payable.posted_minor == 0
    prove(world)


def test_a_campaign_that_misses_its_goal_gives_everybody_everything_back(
    world: World, hand: clock.Hand
) -> None:
    made = build.a_live_campaign(goal=build.euros(1000), days=10)
    held = [build.pledged(world, made, amount) for amount in ("1.00", "25.00", "973.99")]

    settle_down(world, hand, 25)

    now = build.campaign(made)
    assert now.state == "refunded"
    assert now.raised_minor == 99999
    assert now.refunded_minor == 99999
    assert {build.state_of(pledge) for pledge in held} == {"refunded"}
    assert ledger.balances_of("escrow:campaign", [made])[made].posted_minor == 0
    prove(world)


def test_a_sponsor_who_sets_up_payouts_late_is_paid_then(world: World, hand: clock.Hand) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_live_campaign(sponsor, goal=build.euros(100), days=5)
    build.pledged(world, made, "100.00")
    settle_down(world, hand, 20)
    assert build.campaign(made).state == "funded"

    onboard(world, sponsor)
    settle_down(world, hand, 2)

    assert build.campaign(made).state == "paid_out"
    prove(world)


def test_a_payout_that_a_closed_account_refused_is_sent_again_to_the_mended_one(
    world: World, hand: clock.Hand, data_dir: Path
) -> None:
    sponsor = an_actor("Sponsor Sol")
    onboard(world, sponsor, "1000000002")
    made = build.a_live_campaign(sponsor, goal=build.euros(100), days=5)
    build.pledged(world, made, "100.00")
    settle_down(world, hand, 10)
    failed = build.campaign(made)
    assert failed.state == "funded"
    assert ledger.balances_of("sponsor:payable", [made])[made].available_minor == failed.net_minor
    letters = [mail.read_text() for mail in (data_dir / "mail").glob("*.eml")]
    assert any("could not be paid to you" in letter for letter in letters)

    onboard(world, sponsor)
    settle_down(world, hand, 2)

    assert build.campaign(made).state == "paid_out"
    assert ledger.balances_of("sponsor:payable", [made])[made].posted_minor == 0
    prove(world)


def test_a_refused_payout_is_tried_twice_a_day_and_not_for_ever(
    world: World, hand: clock.Hand
) -> None:
    sponsor = an_actor("Sponsor Sol")
    onboard(world, sponsor, "1000000002")
    made = build.a_live_campaign(sponsor, goal=build.euros(100), days=5)
    build.pledged(world, made, "100.00")
    settle_down(world, hand, 30)

    tries = scalar("SELECT max(sequence) FROM escrow_instruction WHERE purpose = 'release'")
    assert tries == payouts.ATTEMPTS_MAX
    assert runner.run(clock.now())["payouts"] == []
    assert build.campaign(made).state == "funded"
    prove(world)


def test_a_pledge_whose_card_takes_nothing_back_ends_in_its_backers_wallet(
    world: World, hand: clock.Hand, data_dir: Path
) -> None:
    made = build.a_live_campaign(goal=build.euros(1000), days=5)
    backer = an_actor("Bea Backer")
    placed = build.place(made, "40.00", backer=backer)
    dispatching.dispatch(placed.checkout_id)
    world.pay(placed.checkout_id, REFUND_FAILS)
    world.deliver()

    settle_down(world, hand, 10)

    assert build.state_of(placed.pledge_id) == "refunded"
    assert build.campaign(made).state == "refunded"
    assert (
        ledger.balances_of("person:wallet", [backer.known()])[backer.known()].available_minor
        == 4000
    )
    letters = [mail.read_text() for mail in (data_dir / "mail").glob("*.eml")]
    assert any("it is in your wallet here" in " ".join(each.split()) for each in letters)
    prove(world)


def test_settlement_run_twice_and_shown_first_changes_nothing_more(
    world: World, hand: clock.Hand
) -> None:
    made = build.a_live_campaign(goal=build.euros(100), days=5)
    build.pledged(world, made, "100.00")
    hand.advance(days=6)

    shown = runner.rehearse(clock.now())["campaigns"]
    assert build.campaign(made).state == "live"
    done = runner.run(clock.now())["campaigns"]
    assert [line.kind for line in shown] == [line.kind for line in done]
    assert [line.kind for line in done] == [
        "campaign.closed",
        "campaign.funded",
        "campaign.fee",
        "campaign.payout",
    ]
    assert runner.run(clock.now())["campaigns"] == []
    prove(world)


def test_a_payment_begun_before_the_deadline_is_waited_for_and_one_after_it_is_returned(
    world: World, hand: clock.Hand
) -> None:
    made = build.a_live_campaign(goal=build.euros(100), days=5)
    in_time = build.place(made, "100.00")
    hand.advance(days=5, minutes=-10)
    later = build.place(made, "112.00")
    dispatching.dispatch(later.checkout_id)
    world.pay(later.checkout_id)  # paid in time, but its notice is on its way
    hand.advance(minutes=11)
    lines = runner.run(clock.now())["campaigns"]
    assert [line.kind for line in lines][:1] == ["campaign.closed"]
    world.deliver()
    runner.run(clock.now() + timedelta(minutes=1))
    world.deliver()

    assert build.campaign(made).state == "funded"
    assert build.state_of(later.pledge_id) == "released"
    assert build.state_of(in_time.pledge_id) == "expired"
    prove(world)
