"""Bar 6: whatever people and banks do, in three currencies, not a cent appears or disappears.

Random lives, each from its own seed, through the real commands and with a moving clock; all
invariants hold on the way and in the end, ledger and provider agree to the cent, and a cent that
somebody slips into a posting is noticed.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import sql

from marketplace.infra.unhurried import unhurried
from marketplace.kernel import clock
from marketplace.ledger import checks
from marketplace.wiring import without_letters
from tests.chaos.acts import ACTS
from tests.chaos.life import begin
from tests.chaos.outcome import Outcome, say
from tests.chaos.place import Ground, Place, a_still_world
from tests.chaos.proving import broken_invariants, untruths
from tests.chaos.scales import Scale

LOOKS: Final = 10  # times at which everything is proved on the way
MUTATIONS: Final = 12

_SLIPS: Final = {
    "one more in a posting": "UPDATE ledger_transfer SET amount = amount + 1 WHERE {which}",
    "one less in a posting": "UPDATE ledger_transfer SET amount = amount - 1 WHERE {which}",
    "a posting removed": "DELETE FROM ledger_transfer WHERE {which}",
}


@dataclass
class Lived:
    """What became of one life."""

    seed: int
    operations: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    days: int = 0
    slips: int = 0
    noticed: int = 0
    troubles: list[str] = field(default_factory=list)


def run(ground: Ground, scale: Scale) -> Outcome:
    """Live as many lives as the scale wants, two at a time."""
    seeds = [ground.seed + n for n in range(scale.seeds)]
    lives = [Ground(ground.server_url, ground.folder, seed) for seed in seeds]
    if len(lives) == 1:
        lived = [live(lives[0], scale.operations)]
    else:
        fresh = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(os.cpu_count(), mp_context=fresh) as pool:
            lived = list(pool.map(live, lives, [scale.operations] * len(lives)))
    done = sum((life.done for life in lived), Counter[str]())
    slips, noticed = sum(life.slips for life in lived), sum(life.noticed for life in lived)
    refused = sum(life.refused.total() for life in lived)
    operations = sum(life.operations for life in lived)
    return Outcome(
        "conservation",
        f"{operations:,} operations in EUR, USD and JPY over {len(lived)} seeds"
        f" ({', '.join(f'{n:,} {name}' for name, n in done.most_common())};"
        f" {refused:,} refused)",
        f"all invariants hold; {noticed} of {slips} slipped cents noticed",
        "all invariants, every slip noticed",
        ground.seed,
        [f"seed {life.seed}: {trouble}" for life in lived for trouble in life.troubles],
    )


def live(ground: Ground, operations: int) -> Lived:
    """Live one life from the seed of `ground` (also in a process of its own)."""
    lived, dice = Lived(ground.seed), ground.dice("conservation")
    with (
        ground.place() as place,
        a_still_world(place, dice) as (world, hand),
        without_letters(),
        unhurried(),
    ):
        life = begin(world, hand, dice)
        for number in range(1, operations + 1):
            life.live(ACTS)
            if number % max(1, operations // LOOKS) == 0:
                lived.troubles += [f"after {number}: {each}" for each in broken_invariants()]
                say(f"conservation: seed {ground.seed}, {number:,} of {operations:,} operations")
        lived.days = life.until_quiet()
        lived.troubles += [*life.broken, *untruths(world)]
        lived.operations, lived.done = life.operations, life.done
        lived.refused = life.refused
        _slip_in(place, dice, lived)
    say(f"conservation: seed {ground.seed}, refused {dict(lived.refused.most_common())}")
    return lived


def _slip_in(place: Place, dice: random.Random, lived: Lived) -> None:
    """Change history by a cent behind everybody's back, see whether it shows, take it back."""
    with psycopg.connect(place.url) as owner:
        owner.execute("SET session_replication_role = replica")  # triggers would refuse it
        owner.commit()
        total = owner.execute("SELECT count(*) FROM ledger_transfer").fetchall()[0][0]
        for number in range(MUTATIONS):
            wrong = list(_SLIPS)[number % len(_SLIPS)]
            row = dice.randrange(total)
            lived.slips += 1
            if _is_noticed(owner, _SLIPS[wrong], row):
                lived.noticed += 1
            else:
                lived.troubles.append(f"{wrong} (row {row} of {total}) is not noticed")
            owner.rollback()


def _is_noticed(owner: psycopg.Connection[Any], statement: str, row: int) -> bool:
    """Whether the table itself refuses the change, or an invariant shows it."""
    try:
        return _change(owner, statement, row) == 1 and _shows(owner)
    except psycopg.errors.CheckViolation:
        return True


def _change(owner: psycopg.Connection[Any], statement: str, row: int) -> int:
    which = sql.SQL(
        "ctid = (SELECT ctid FROM ledger_transfer WHERE amount > 1"
        " ORDER BY journal_id, line OFFSET mod({row}, (SELECT count(*) FROM ledger_transfer"
        " WHERE amount > 1)) LIMIT 1)"
    ).format(row=sql.Literal(row))
    return owner.execute(sql.SQL(statement).format(which=which)).rowcount


def _shows(owner: psycopg.Connection[Any]) -> bool:
    return any(
        owner.execute(invariant.sql.encode(), {"now": clock.now()}).rowcount > 0
        for invariant in checks.invariants()
    )
