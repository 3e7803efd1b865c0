"""Bar 2: a deadline at which a fifth of all answers is lost, late or a refusal.

Every pledge is charged once; those of campaigns that missed their goal come back once; the
others are released once; and the ledger is the provider's book to the cent.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from marketplace.campaigns.services.placing import Placed
from marketplace.escrow import queries as escrow
from marketplace.escrow.jobs import sweep
from marketplace.escrow.services import dispatching
from marketplace.infra.database import db, rows
from marketplace.kernel import clock
from marketplace.settlement import runner
from tests.builders import campaigns, loans
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.chaos.ageing import grow_older
from tests.chaos.outcome import Outcome, say
from tests.chaos.place import Ground, a_still_world
from tests.chaos.proving import untruths
from tests.chaos.scales import Scale
from tests.chaos.storm import a_storm

MISSED_SHARE = 0.6
DAYS = 20
ROUNDS_MAX = 400
MINUTES = 60  # lived one by one; then half hours, for money matures in days


@dataclass
class Deadline:
    """Two campaigns that end on the same day, one with its goal reached."""

    funded: UUID
    missed: UUID


def run(ground: Ground, scale: Scale) -> Outcome:
    """Live through one deadline in a storm."""
    dice = ground.dice("answers")
    with ground.place() as place, a_still_world(place, dice) as (world, hand):
        end, to_refund = _two_campaigns(world), round(scale.pledges * MISSED_SHARE)
        with a_storm(world, ground.dice("answers", "storm")) as storm:
            placed = _place_all(end, scale.pledges, to_refund)
            _pay_all(world, hand, placed, dice)
            say(f"answers: {len(placed)} pledges placed, {dict(storm.met)}")
            hand.advance(days=DAYS)
            took = _until_quiet(world, hand)
        troubles = [*untruths(world), *_accounts(world, end, scale.pledges, to_refund)]
    return Outcome(
        "answers",
        f"{scale.pledges:,} pledges charged, {to_refund:,} refunded at one deadline, p = 0.2 of"
        f" {', '.join(storm.met)} ({sum(storm.met.values()):,} troubles)",
        f"{len(troubles)} wrong; quiet {took} after the deadline",
        "0 wrong",
        ground.seed,
        troubles,
    )


def _two_campaigns(world: World) -> Deadline:
    sponsor = an_actor("Sponsor Sol")
    loans.onboard(world, sponsor)
    a_top_up(campaigns.euros(5_000))
    goal = campaigns.euros(100)
    return Deadline(
        funded=campaigns.a_live_campaign(sponsor, goal=goal, days=DAYS),
        missed=campaigns.a_live_campaign(sponsor, goal=campaigns.euros(900_000), days=DAYS),
    )


def _place_all(end: Deadline, pledges: int, to_refund: int) -> list[Placed]:
    backers = [an_actor(f"Backer {n}") for n in range(20)]
    return [
        campaigns.place(
            end.missed if n < to_refund else end.funded, "31.41", backer=backers[n % len(backers)]
        )
        for n in range(pledges)
    ]


def _pay_all(world: World, hand: clock.Hand, placed: list[Placed], dice: random.Random) -> None:
    """People come to their page as soon as the site can show it to them, and pay."""
    for each in placed:
        dispatching.dispatch(each.checkout_id)
    waiting = {each.checkout_id for each in placed}
    for _ in range(ROUNDS_MAX):
        for checkout_id in sorted(waiting):
            known = escrow.instruction(checkout_id)
            db.session.rollback()
            if known.provider_ref is None or known.is_finished:
                continue
            world.teller.pay(known.provider_ref)
            waiting.discard(checkout_id)
        if not waiting:
            break
        sweep()
        world.work()
        _pass(hand, timedelta(seconds=dice.randint(5, 15)))
    world.deliver()


def _until_quiet(world: World, hand: clock.Hand) -> timedelta:
    """Let the timetable run until nothing is under way; returns how long that took."""
    began = clock.now()
    for minutes in range(ROUNDS_MAX):
        runner.run(clock.now())
        sweep()
        world.deliver()
        if not _under_way():
            break
        _pass(hand, timedelta(minutes=1 if minutes < MINUTES else 30))
    return clock.now() - began


def _pass(hand: clock.Hand, time: timedelta) -> None:
    hand.set(clock.now() + time)
    grow_older(time)


def _under_way() -> bool:
    found = rows("SELECT 1 AS x FROM escrow_instruction WHERE finished_at IS NULL", into=dict)
    db.session.rollback()
    return bool(found)


def _accounts(world: World, end: Deadline, pledges: int, to_refund: int) -> list[str]:
    """Count what the bank did against what it should have done."""
    with world.bank.work() as work:
        counted = work.row(
            """
            SELECT (SELECT count(*) FROM simulator.charge) AS charges,
                (SELECT count(*) FROM simulator.refund WHERE state = 'succeeded') AS refunds,
                (SELECT count(*) FROM simulator.transfer) AS transfers
            """
        )
    wanted = {"charges": pledges, "refunds": to_refund, "transfers": 1}
    found = [] if counted == wanted else [f"the bank did {counted}, wanted {wanted}"]
    states = Counter(row["state"] for row in rows("SELECT state FROM pledge", into=dict))
    db.session.rollback()
    if states != {"released": pledges - to_refund, "refunded": to_refund}:
        found.append(f"pledges ended as {dict(states)}")
    ends = {campaigns.campaign(end.funded).state, campaigns.campaign(end.missed).state}
    return found if ends == {"paid_out", "refunded"} else [*found, f"campaigns ended as {ends}"]
