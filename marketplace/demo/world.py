"""The demo world: a year lived day by day, ending now.

Deterministic: two loads that start in the same second give the same world, ids included. Dates
move with the day of the load, so that campaigns still run and bills are still due.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.demo import habits, script
from marketplace.demo.campaign_acts import stage_project
from marketplace.demo.deliveries import deliver
from marketplace.demo.line_acts import stage_line
from marketplace.demo.loan_acts import LoanActs
from marketplace.demo.stage import WORLD_DAYS, Agenda, Stage, actor_of, provider_here
from marketplace.demo.standing_orders import write_rules
from marketplace.escrow.services import dispatching, planning
from marketplace.identity.services import operating
from marketplace.identity.services.operating import Newcomer
from marketplace.infra import jobs
from marketplace.infra.commands import command
from marketplace.infra.database import db, scalar
from marketplace.infra.settings import Settings
from marketplace.infra.taking_turns import taking_turns
from marketplace.infra.unhurried import plan_anew, unhurried
from marketplace.kernel import clock, ids
from marketplace.kernel.actors import Actor
from marketplace.kernel.money import Money
from marketplace.wiring import without_letters

PASSWORD: Final = "warm-kindling-42"  # noqa: S105 - printed for everyone who tries the demo
SEED: Final = 20261121
_LENDERS: Final = 22
_PLAYED_BY_VISITORS: Final = ("backer@demo.example",)
_LEFT_TO_VISITORS: Final = 4  # days whose contracts and payouts wait for whoever looks on
_LAST_DAY: Final = timedelta(hours=6)  # what is done on the day of the load fits in here
_RESERVE: Final = {"EUR": "6000", "USD": "2500", "GBP": "1500", "CNY": "6000", "TWD": "20000"}

# Sign-in names people can remember; everybody shares one password.
STAFF: Final = (
    ("moderator", "Mo Adeyemi", "moderator"),
    ("first", "Frida Lang", "first_reviewer"),
    ("second", "Sacha Bloch", "second_reviewer"),
    ("finance", "Fionn Byrne", "finance_officer"),
    ("finance2", "Fleur Okafor", "finance_officer"),
    ("admin", "Ada Novak", "admin"),
)
DOORS: Final = (
    ("backer@demo.example", "backs projects"),
    ("lender@demo.example", "lends"),
    ("sponsor@demo.example", "runs a project"),
    ("borrower@demo.example", "repays a loan"),
    *((f"{name}@demo.example", role.replace("_", " ")) for name, _full, role in STAFF),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load made."""

    people: int
    campaigns: int
    loans: int
    pledges: int
    repayments: int


def load(
    settings: Settings, dsn: str, *, end: datetime | None = None, days: int = WORLD_DAYS
) -> Loaded:
    """Live a year in the empty database at `dsn`, with the provider in this process.

    The world stops at `end` (default: now); with fewer `days` it is only the year's beginning.
    """
    end = (end or clock.wall()).replace(microsecond=0)
    with (
        unhurried() as connections,
        jobs.at_hand(),
        provider_here(settings, dsn) as teller,
        taking_turns((*connections, teller.bank.store.connection())) as elsewhere,
        _as_in_a_dream(end - timedelta(days=days) - _LAST_DAY) as hand,
        without_letters(),
        _studio(elsewhere) as studio,
    ):
        _live(Stage(hand, random.Random(SEED), teller), end, days, studio)
    return _counted()


def is_loaded() -> bool:
    """Whether anybody lives here already."""
    return bool(scalar("SELECT EXISTS (SELECT 1 FROM person)"))


def _live(stage: Stage, end: datetime, days: int, studio: Executor) -> None:
    start = stage.now
    agenda: dict[int, list[Callable[[], None]]] = defaultdict(list)
    stage.cast = _hire(start)
    _set_up(stage, lambda day, act: agenda[day].append(act), studio)
    for day in range(days + 1):
        stage.open_day(start, day)
        if _has_doubled(day):
            plan_anew()
        _play(agenda, day)
        habits.pay_bills(stage)
        habits.pay_early(stage)
        habits.switch_on_autopay(stage)
        _pay_out(stage, is_last=day > days - _LEFT_TO_VISITORS)
        habits.mend_pledges(stage, alone=_PLAYED_BY_VISITORS)
        deliver(stage, alone=_PLAYED_BY_VISITORS, is_last=day > days - _LEFT_TO_VISITORS)
        if day == days:
            write_rules(stage)
            stage.hand.set(max(stage.now, end))
        stage.end_day()


def _has_doubled(day: int) -> bool:
    """Whether the world is twice as old as when this was last so."""
    return day & (day - 1) == 0


def _pay_out(stage: Stage, *, is_last: bool) -> None:
    """Let borrowers sign and officers pay out; the last days' are left to whoever looks on."""
    if is_last:
        return
    if habits.sign_contracts(stage):
        stage.settle()
    maker, checker = stage.cast["finance_officer"], stage.cast["finance_officer_2"]
    habits.pay_out(stage, maker, checker)


@contextmanager
def _studio(elsewhere: Callable[[], object]) -> Iterator[Executor]:
    """Draw pictures beside everything else; what nobody waits for any more is not drawn."""
    with ThreadPoolExecutor(1, "studio", initializer=elsewhere) as studio:
        try:
            yield studio
        finally:
            studio.shutdown(wait=False, cancel_futures=True)


def _set_up(stage: Stage, on_day: Agenda, studio: Executor) -> None:
    loans = LoanActs(stage, on_day)
    for number, project in enumerate(script.projects()):
        stage_project(stage, project, number, on_day, studio)
    for number, borrowing in enumerate(script.borrowings()):
        loans.stage_borrowing(borrowing, number)
    stage_line(stage, on_day)
    loans.stage_wallets()
    for currency, amount in _RESERVE.items():
        dispatching.dispatch(_order_reserve(Money.of(amount, currency)))


@command
def _order_reserve(amount: Money) -> UUID:
    return planning.plan_top_up(amount, description="Refund reserve")


def _play(agenda: dict[int, list[Callable[[], None]]], day: int) -> None:
    # An act may put another on the same day: the list grows while it is played.
    position = 0
    while position < len(agenda[day]):
        agenda[day][position]()
        position += 1


def _hire(now: datetime) -> dict[str, Actor]:
    names = script.people()
    crowd = names["crowd"]
    people = [
        *(
            (_desk(name, role), Newcomer(f"{name}@demo.example", full, role))
            for name, full, role in STAFF
        ),
        *_sponsors(names["sponsors"]),
        *_members("borrower", names["borrowers"]),
        *_members("lender", crowd[:_LENDERS]),
        *_members("crowd", crowd[_LENDERS:]),
    ]
    made = operating.create_people([one for _key, one in people], password=PASSWORD, now=now)
    cast = {key: actor_of(one) for (key, _newcomer), one in zip(people, made, strict=True)}
    # Who lends also backs a project now and then.
    return cast | {f"crowd-l{number}": cast[f"lender-{number}"] for number in range(_LENDERS)}


def _sponsors(names: list[str]) -> Iterator[tuple[str, Newcomer]]:
    """Yield sponsors under their names: the script says whose project it is."""
    return ((one.name, one) for _key, one in _members("sponsor", names))


def _desk(name: str, role: str) -> str:
    """Return the key of a member of staff: the role, with a 2 for who checks a colleague."""
    return f"{role}_2" if name.endswith("2") else role


def _members(kind: str, names: list[str]) -> Iterator[tuple[str, Newcomer]]:
    """Yield key and person; the first of each kind has the address one can remember."""
    door = {"crowd": "backer"}.get(kind, kind)
    for number, name in enumerate(names):
        local = door if number == 0 else f"{door}{number}"
        yield f"{kind}-{number}", Newcomer(f"{local}@demo.example", name)


@contextmanager
def _as_in_a_dream(start: datetime) -> Iterator[clock.Hand]:
    dice = random.Random(SEED)
    former = ids.use_entropy(dice)
    try:
        with clock.frozen(start) as hand:
            yield hand
    finally:
        ids.use_entropy(former)


def _counted() -> Loaded:
    tables = ("person", "campaign", "loan", "pledge", "receipt")
    counts = [int(scalar(f"SELECT count(*) FROM {table}")) for table in tables]  # noqa: S608
    db.session.rollback()
    return Loaded(*counts)
