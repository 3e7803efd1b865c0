"""Bar 3: notices arrive shuffled, three times, some much later, a tenth of them never.

The state in the end is the same as when each had arrived once and in order; what was lost is
healed by one run of the reconciliation.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow.jobs import sweep
from marketplace.escrow.reconcile import reconcile
from marketplace.escrow.services import dispatching
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.settlement import runner
from marketplace.simulator.cards import CARDS
from marketplace.simulator.signing import HEADER, signature
from tests.builders import campaigns, loans
from tests.builders.escrow import World, a_top_up
from tests.builders.fingerprints import differences, outline
from tests.builders.identity import an_actor
from tests.builders.simulator import SECRET
from tests.chaos.outcome import Outcome, say
from tests.chaos.place import Ground, Place, a_still_world
from tests.chaos.proving import untruths
from tests.chaos.scales import Scale

COPIES: Final = 3
LOST: Final = 0.1
LATE: Final = 0.3  # of the copies, which arrive among later notices
DAYS: Final = 10
REFUND_FAILS: Final = next(card.number for card in CARDS.values() if card.habit == "refund_fails")
# How the news came, not what it was: the inbox, the queue, and when something was looked at.
HOW: Final = ("escrow_delivery", "procrastinate", "escrow_mirror", "escrow_pace", "proof")
# Ids inside texts, what is counted up in the order of arrival, days and times of day.
NAMES: Final = (
    r'form-[0-9]+|"pending_journal": [0-9]+|'
    r"[a-z]+_[0-9a-hjkmnp-tv-z]{26}|[a-z.]+[0-9]+@|20[0-9]{2}-[0-9T:.+-]+"
)


@dataclass
class Post:
    """Carries a batch of notices: in order and once, unless it is told to be chaotic."""

    world: World
    dice: random.Random | None = None
    later: list[bytes] = field(default_factory=list)
    notices: int = 0
    arrived: int = 0
    lost: int = 0

    def carry(self) -> None:
        """Collect what the bank has to say, bring it, and have it worked."""
        found: list[bytes] = []
        self.world.teller.deliver_pending(lambda body, _headers: _taken(found, body))
        self.notices += len(found)
        for body in self._as_they_come(found):
            self._bring(body)
        self.world.work()

    def _as_they_come(self, found: list[bytes]) -> list[bytes]:
        if self.dice is None:
            return found
        kept = [body for body in found if self.dice.random() >= LOST]
        self.lost += len(found) - len(kept)
        coming, self.later = self.later, []
        for body in kept * COPIES:
            (self.later if self.dice.random() < LATE else coming).append(body)
        self.dice.shuffle(coming)
        return coming

    def _bring(self, body: bytes) -> None:
        signed = signature(SECRET, body, clock.now())  # as a provider signs each try anew
        if self.world.receive(body, {HEADER: signed, "Content-Type": "application/json"}) == 200:
            self.arrived += 1


def run(ground: Ground, scale: Scale) -> Outcome:
    """Live the same days once in order and many times in disorder."""
    in_order, _post, troubles = _live(ground, scale, None)
    hashes, lost, arrived = {_hash(in_order)}, 0, 0
    for number in range(scale.shuffles):
        found, post, wrong = _live(ground, scale, ground.dice("webhooks", "post", number))
        lost, arrived = lost + post.lost, arrived + post.arrived
        hashes.add(_hash(found))
        troubles += [f"shuffle {number}: {line}" for line in wrong]
        troubles += [f"shuffle {number}: {line}" for line in differences(in_order, found)]
        say(f"webhooks: shuffle {number + 1} of {scale.shuffles}, {post.lost} lost")
    return Outcome(
        "webhooks",
        f"{scale.shuffles} shuffles x {COPIES} copies of {_post.notices} notices, {arrived:,}"
        f" brought, {lost} lost for ever",
        f"{len(hashes)} final state ({_hash(in_order)[:12]})",
        "1 final state",
        ground.seed,
        troubles,
    )


def _live(
    ground: Ground, scale: Scale, post_dice: random.Random | None
) -> tuple[dict[str, str], Post, list[str]]:
    dice = ground.dice("webhooks")
    with ground.place() as place, a_still_world(place, dice) as (world, hand):
        post = Post(world, post_dice)
        _days(world, hand, post, scale.notices, dice)
        return _state(place), post, untruths(world)


def _days(world: World, hand: clock.Hand, post: Post, payments: int, dice: random.Random) -> None:
    """Payments, cancelled pledges, a deadline: the news of each phase has its own disorder."""
    sponsor, backers = an_actor("Sponsor Sol"), [an_actor(f"Backer {n}") for n in range(5)]
    a_top_up(campaigns.euros(1_000))
    loans.onboard(world, sponsor)
    goal = campaigns.euros(max(100, payments * 5))
    funded = campaigns.a_live_campaign(sponsor, goal=goal, days=DAYS)
    missed = campaigns.a_live_campaign(sponsor, goal=campaigns.euros(900_000), days=DAYS)
    paid = []
    for n in range(payments):
        hand.advance(seconds=20)
        backer = backers[n % len(backers)]
        one = campaigns.place(missed if n % 2 else funded, f"{20 + n % 7}", backer=backer)
        dispatching.dispatch(one.checkout_id)
        if n % 10 != 9:  # the tenth leaves the page
            paid.append((backer, one))
            world.pay(one.checkout_id, REFUND_FAILS if n % 7 == 3 else "4242424242424242")
    _phase(hand, post, minutes=45)
    _take_back(paid[:: max(2, payments // 10)], dice)
    _phase(hand, post, days=3)
    hand.advance(days=DAYS)
    runner.run(clock.now())
    _phase(hand, post, minutes=50)
    runner.run(clock.now())
    _phase(hand, post, days=3)
    post.dice = None  # stragglers, in the end
    for body in post.later:
        post._bring(body)
    world.work()


def _take_back(paid: list[tuple[Actor, Any]], dice: random.Random) -> None:
    for backer, one in dice.sample(paid, len(paid)):
        cancel_pledge(backer, one.pledge_id, clock.now())


def _phase(hand: clock.Hand, post: Post, **later: float) -> None:
    """Ask the bank, let time pass, hear what it says, and reconcile once."""
    dispatching.dispatch_due()
    hand.advance(**later)
    post.carry()
    reconcile()
    post.world.work()
    sweep()
    post.carry()
    reconcile()
    post.world.work()


def _state(place: Place) -> dict[str, str]:
    with psycopg.connect(place.url, autocommit=True) as connection:
        ask: Callable[[str], list[Any]] = lambda sql: connection.execute(sql.encode()).fetchall()  # noqa: E731
        found: Mapping[str, str] = outline(ask, NAMES)
    return {name: digest for name, digest in found.items() if not name.startswith(HOW)}


def _hash(state: Mapping[str, str]) -> str:
    return hashlib.sha256(repr(sorted(state.items())).encode()).hexdigest()


def _taken(found: list[bytes], body: bytes) -> int:
    found.append(body)
    return 200
