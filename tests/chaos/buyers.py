"""Bar 5: a thousand people want a thousand limited rewards at the same moment.

Exactly as many are sold as there are, over HTTP, from many addresses, with two workers of the
real server and the bank in a process of its own; and the ledger posts a thousand a second into
one hot account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from bench.ledger import open_hot_accounts, posted_by_python
from bench.place import Place as BenchPlace
from bench.place import prepared
from bench.scales import SCALES as BENCH
from bench.servers import WORKERS, free_port, granian, wait_for
from bench.sessions import cookies
from marketplace.identity.services import operating
from marketplace.identity.services.operating import Newcomer
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.ids import new_id, public_id
from tests.builders import campaigns
from tests.builders.campaigns import a_market
from tests.builders.identity import PASSWORD
from tests.builders.processes import a_part
from tests.chaos.crowd import Sent, rush
from tests.chaos.outcome import Outcome, say
from tests.chaos.place import Ground, Place, a_site
from tests.chaos.proving import broken_invariants
from tests.chaos.scales import Scale

SCARCE: Final = 0.7  # of those who want a reward in the second rush, so many get one
POSTINGS_A_SECOND: Final = 1_000
P95_MS_MAX: Final = 300
WAITS: Final = "waits.log"  # of tests.chaos.served


@dataclass
class Rush:
    """What came of one rush."""

    rewards: int
    sent: list[Sent]
    taken: int
    pledges: int

    def troubles(self) -> list[str]:
        """Say whether not exactly the rewards were sold, or anybody met a broken page."""
        wanted = min(self.rewards, len(self.sent))
        to_bank = sum(sent.status == 303 and "/pledges/" not in sent.location for sent in self.sent)
        found = []
        if (self.taken, self.pledges, self.sold) != (wanted, wanted, wanted):
            found.append(
                f"of {self.rewards} rewards {self.taken} are taken by {self.pledges} pledges,"
                f" {self.sold} people were told so, {to_bank} sent to the bank"
            )
        if broken := [sent.status for sent in self.sent if sent.status not in {303, 422}]:
            found.append(f"answers {Counter(broken)}")
        return found

    @property
    def sold(self) -> int:
        """How many people were sent on to pay."""
        return sum(sent.status == 303 for sent in self.sent)

    @property
    def p95_ms(self) -> float:
        """How long nearly everybody waited at most."""
        waits = sorted(sent.seconds for sent in self.sent)
        return 1_000 * waits[int(len(waits) * 0.95)]


def run(ground: Ground, scale: Scale) -> Outcome:
    """Let everybody come twice: to enough rewards, then to too few."""
    with _durable(ground, scale) as place:
        with _served(place) as (port, bank_address), a_site(place, bank_address) as app:
            with a_market(app, place.url):
                shelves = [_shelf(rewards) for rewards in (scale.buyers, _scarce(scale))]
            enough, scarce = (_rush(port, scale, shelf) for shelf in shelves)
        waits = sorted(map(float, (place.folder / WAITS).read_text().split()))
        p95_ms = waits[int(len(waits) * 0.95)]
        rate = _posting_rate(place, scale)
    troubles = enough.troubles() + scarce.troubles()
    if scale.durable and rate < POSTINGS_A_SECOND:
        troubles.append(f"only {rate:,.0f} postings a second")
    if scale.durable and p95_ms >= P95_MS_MAX:
        troubles.append(f"p95 at the app is {p95_ms:.0f} ms")
    return Outcome(
        "buyers",
        f"twice {scale.buyers:,} buyers at once from {scale.clients} clients, {WORKERS} workers",
        f"{enough.taken:,} of {enough.rewards:,} and {scarce.taken:,} of {scarce.rewards:,} sold,"
        f" 0 oversold; p95 {p95_ms:.0f} ms at the app, {enough.p95_ms:,.0f} and"
        f" {scarce.p95_ms:,.0f} ms in the queue of {scale.clients};"
        f" {rate:,.0f} postings/s on one account",
        f"sold exactly; p95 < {P95_MS_MAX} ms at the app, {POSTINGS_A_SECOND:,} postings/s"
        + ("" if scale.durable else " (neither held at this scale)"),
        ground.seed,
        troubles,
    )


@contextmanager
def _durable(ground: Ground, scale: Scale) -> Iterator[Place]:
    """Give a database that keeps every promise, where figures of time are taken."""
    if not scale.durable:
        with ground.place() as place:
            yield place
        return
    with prepared() as bench:
        yield Place(bench.url, bench.folder)


@dataclass(frozen=True, slots=True)
class _Shelf:
    campaign: UUID
    reward: UUID
    rewards: int

    @property
    def form(self) -> str:
        """Where the last page before the purchase is."""
        return (
            f"/projects/{public_id('cmp', self.campaign)}/pledge/check"
            f"?reward={public_id('rwd', self.reward)}&amount=25&currency=EUR"
        )


def _scarce(scale: Scale) -> int:
    return round(scale.buyers * SCARCE)


def _shelf(rewards: int) -> _Shelf:
    campaign = campaigns.a_live_campaign(tiers=[campaigns.a_tier("25", quantity=rewards)])
    return _Shelf(campaign, campaigns.reward_ids(campaign)[0], rewards)


def _rush(port: int, scale: Scale, shelf: _Shelf) -> Rush:
    cookies = _sign_in(scale.buyers, f"buyer{shelf.rewards}n")
    say(f"buyers: {scale.buyers:,} people open the form, {shelf.rewards:,} rewards")
    sent = rush(port, shelf.form, cookies, scale.clients)
    return Rush(shelf.rewards, sent, *_counted(shelf.reward))


def _counted(reward: UUID) -> tuple[int, int]:
    taken = int(scalar("SELECT taken FROM reward WHERE id = %s", (reward,)))
    pledges = int(scalar("SELECT count(*) FROM pledge WHERE reward_id = %s", (reward,)))
    db.session.rollback()
    return taken, pledges


def _sign_in(number: int, name: str) -> list[str]:
    people = [Newcomer(f"{name}{n}@chaos.example", f"Buyer {n}") for n in range(number)]
    ids = operating.create_people(people, password=PASSWORD, now=clock.now())
    return cookies(ids)


def _posting_rate(place: Place, scale: Scale) -> float:
    with a_site(place):
        debit, credit = open_hot_accounts(new_id())
        bench = BenchPlace(place.url, place.folder)
        rate = posted_by_python(bench, BENCH[scale.name], debit, credit)
        if broken := broken_invariants():
            raise RuntimeError(f"the books are not in order: {broken}")
        return rate


@contextmanager
def _served(place: Place) -> Iterator[tuple[int, str]]:
    """Serve the site and, beside it, the bank; yields the site's port and the bank's address."""
    site, bank = free_port(), free_port()
    address = f"http://127.0.0.1:{bank}"
    environ = place.environ(address) | {"SITE_URL": f"http://127.0.0.1:{site}"}
    with (
        _running(["marketplace.simulator"], environ | {"SIMULATOR_PORT": str(bank)}, bank),
        _running(granian("tests.chaos.served:app", site), environ, site),
    ):
        yield site, address


@contextmanager
def _running(words: Sequence[str], environ: Mapping[str, str], port: int) -> Iterator[None]:
    with a_part(words, environ, Path(environ["DATA_DIR"]) / "served.log") as part:
        wait_for(port, part.process)
        yield
        part.stop()
