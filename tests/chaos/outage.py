"""Bar 12: the provider is away for half an hour, then answers five calls a second, then all.

The site goes on reading and taking intents; nothing that was wanted is dropped; the queue drains
without asking any endpoint more than twenty times a second; and no log holds a secret.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow import gateway
from marketplace.escrow.adapters.paced import PacedGateway
from marketplace.escrow.adapters.simulator import SimulatorGateway
from marketplace.escrow.jobs import sweep
from marketplace.escrow.services import mirroring
from marketplace.identity.services import sessions
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from tests.builders import campaigns
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import FIREFOX, a_person
from tests.builders.simulator import KEY, SECRET, SITE
from tests.chaos.ageing import grow_older
from tests.chaos.crowd import hidden
from tests.chaos.leaks import everything_said, leaks
from tests.chaos.line import BUSY, DOWN, UP, Line
from tests.chaos.outcome import Outcome
from tests.chaos.place import Ground, a_still_world
from tests.chaos.proving import untruths
from tests.chaos.scales import Scale

MINUTES: Final = 30
BUSY_S: Final = 12.0
DRAIN_S_MAX: Final = 60.0
SOON: Final = timedelta(seconds=10)
PER_S_MAX: Final = 20
TROUBLE_SHARE_MAX: Final = 0.005


@dataclass
class Town:
    """Whom and what the visits are about."""

    client: Any
    backer: Actor
    token: str
    campaign: UUID
    pledges: list[UUID]
    statuses: Counter[int] = field(default_factory=Counter)
    intents: int = 0

    def see(self, path: str) -> str:
        """Look at a page."""
        answer = self.client.get(path)
        self.statuses[answer.status_code] += 1
        return str(answer.get_data(as_text=True))

    def pledge(self) -> None:
        """Fill in the last page before a purchase, and send it."""
        path = f"/projects/{public_id('cmp', self.campaign)}/pledge/check"
        typed = {"amount": "25", "currency": "EUR"}
        fields = typed | hidden(self.see(f"{path}?{urlencode(typed)}"))
        answer = self.client.post(path, data=fields)
        self.statuses[answer.status_code] += 1
        self.intents += answer.status_code in {202, 303}


def run(ground: Ground, scale: Scale) -> Outcome:
    """Live through an outage, and through the slow hours after it."""
    said = ground.folder / "said.log"
    with everything_said(said):
        town, line, dropped = _live(ground, scale)
    told = leaks(said.read_text(), [town.token])
    served = sum(town.statuses.values())
    broken = sum(count for status, count in town.statuses.items() if status >= 500)
    per_s, endpoint = line.fastest()
    troubles = [*dropped, *(f"a log holds {each}" for each in told)]
    if broken > TROUBLE_SHARE_MAX * served:
        troubles.append(f"answers {dict(town.statuses)}")
    if per_s > PER_S_MAX:
        troubles.append(f"{endpoint} was called {per_s} times in a second")
    if not said.stat().st_size:
        troubles.append("nothing was said, so nothing was looked through")
    if not town.intents:
        troubles.append("nobody could pledge")
    return Outcome(
        "outage",
        f"{MINUTES} minutes away, then 5 calls a second ({line.refused} x 429): {served:,} pages,"
        f" {town.intents} pledges taken, {line.asked:,} calls",
        f"{broken / served:.2%} answers 5xx; at most {per_s} calls/s to one endpoint;"
        f" {len(dropped)} dropped; {len(told)} secrets in {said.stat().st_size:,} bytes of logs",
        f"5xx <= 0.5 %, <= {PER_S_MAX} calls/s, 0 dropped, 0 secrets",
        ground.seed,
        troubles,
    )


def _live(ground: Ground, scale: Scale) -> tuple[Town, Line, list[str]]:
    with (
        ground.place() as place,
        a_still_world(place, ground.dice("outage")) as (world, hand),
    ):
        line = Line(world.wire)
        gateway.install(PacedGateway(SimulatorGateway(SITE, KEY, SECRET, transport=line)))
        town = _settled_in(world, hand, scale)
        line.state = DOWN
        wanted = list(town.pledges)
        for minute in range(MINUTES):
            _a_minute(world, hand, town, scale.visits, minute)
        line.state, line.is_timed = BUSY, True
        _really(world, hand, BUSY_S if scale.durable else BUSY_S / 4)
        line.state = UP
        _really(world, hand, DRAIN_S_MAX, until_drained=True)
        line.is_timed = False
        _people_pay(world, hand)
        return town, line, [*untruths(world), *_not_given_back(wanted)]


def _settled_in(world: World, hand: clock.Hand, scale: Scale) -> Town:
    a_top_up(campaigns.euros(500))
    person = a_person("Backer Bo")
    entry = sessions.begin_for(person.id, FIREFOX, at=clock.wall())
    client = world.app.test_client()
    client.set_cookie("kindling_session", entry.token)
    made = campaigns.a_live_campaign(goal=campaigns.euros(90_000), days=20)
    backer = person.as_actor()
    pledges = [
        campaigns.pledged(world, made, f"{10 + n % 5}", backer=backer)
        for n in range(scale.visits * 4)
    ]
    hand.advance(days=3)
    mirroring.mirror()
    world.work()
    return Town(client, backer, entry.token, made, pledges)


def _a_minute(world: World, hand: clock.Hand, town: Town, visits: int, minute: int) -> None:
    """People look around, pledge and take back; the timetable goes on."""
    paths = itertools.cycle(
        ["/", "/projects", f"/projects/{public_id('cmp', town.campaign)}", "/my/pledges", "/loans"]
    )
    for path in itertools.islice(paths, minute % 5, minute % 5 + visits * 2):
        town.see(path)
    town.pledge()
    for _ in range(max(1, visits * 4 // MINUTES)):
        if town.pledges:
            cancel_pledge(town.backer, town.pledges.pop(), clock.now())
    _errands(world)
    hand.advance(minutes=1)
    grow_older(timedelta(minutes=1))


def _really(world: World, hand: clock.Hand, seconds: float, *, until_drained: bool = False) -> None:
    """Let time pass as it does, the timetable's errands every moment."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        _errands(world)
        if until_drained and not _waiting():
            return
        time.sleep(0.1)
        hand.advance(seconds=time.monotonic() - began - passed)


def _errands(world: World) -> None:
    sweep()
    world.work()


def _waiting() -> list[Any]:
    """Return what waits for the provider to be called in these moments; some wait for longer."""
    found = column(
        "SELECT id FROM escrow_instruction WHERE state IN ('planned', 'unknown')"
        " AND (not_before IS NULL OR not_before <= %s)",
        (clock.now() + SOON,),
    )
    db.session.rollback()
    return found


def _people_pay(world: World, hand: clock.Hand) -> None:
    """Whose page could be opened in time pays; all other pages close."""
    for ref in _open_pages():
        world.teller.pay(ref)
    for _ in range(6):
        world.deliver()
        hand.advance(minutes=20)
        grow_older(timedelta(minutes=20))
        _errands(world)
    world.deliver()


def _open_pages() -> Iterator[str]:
    found = column(
        "SELECT provider_ref FROM escrow_instruction WHERE kind = 'checkout' AND state = 'sent'"
        " AND expires_at > %s ORDER BY id",
        (clock.now(),),
    )
    db.session.rollback()
    return iter(found)


def _not_given_back(wanted: Sequence[UUID]) -> list[str]:
    still = column(
        "SELECT state FROM pledge WHERE id = ANY(%s) AND refund_id IS NOT NULL"
        " AND state <> 'refunded'",
        (list(wanted),),
    )
    db.session.rollback()
    return [f"a pledge taken back is {state}" for state in still]
