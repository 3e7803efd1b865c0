"""Auto-invest: five thousand rules in line for five hundred listings.

The yardstick judges the same pairs one by one with the rule's own plain function, and shares
nothing out: what a loop over rules and listings would cost before it had ordered anything.
"""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from bench.figures import Figure, Rounds
from bench.place import Place
from bench.scales import Scale
from marketplace.loans.matching import GRADES, Listing, Means, Rule, gap, match
from marketplace.loans.rules import PURPOSES

RULES: Final = 5_000
LISTINGS: Final = 500
SECONDS_MAX: Final = 2.0
FLOOR: Final = 1.0
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)


def run(place: Place, scale: Scale) -> list[Figure]:
    """Match everything with everything; nothing of it needs the database."""
    del place
    chance = random.Random(4)
    rules, listings = _rules(chance), _listings(chance)
    means = Means(wallets={rule.lender_id: chance.randrange(10**6) for rule in rules})
    ours, theirs, orders = [], [], 0
    for _ in range(scale.rounds):
        begun = time.perf_counter()
        orders = sum(len(found.orders) for found in match(listings, rules, means))
        ours.append(RULES * LISTINGS / (time.perf_counter() - begun))
        theirs.append(_judged(rules, listings))
    name = f"matching {RULES:,} rules with {LISTINGS} listings"
    figure = Rounds(ours, theirs).figure(name, "pairs/s", "judging pair by pair", FLOOR)
    seconds = RULES * LISTINGS / figure.ours
    if seconds > SECONDS_MAX:
        raise SystemExit(f"bench: matching took {seconds:.2f} s, more than {SECONDS_MAX} s")
    return [dataclasses.replace(figure, remark=f"{seconds:.2f} s, {orders:,} orders")]


def _judged(rules: Sequence[Rule], listings: Sequence[Listing]) -> float:
    begun = time.perf_counter()
    for listing in listings:
        for rule in rules:
            gap(rule, listing)
    return len(rules) * len(listings) / (time.perf_counter() - begun)


def _rules(chance: random.Random) -> list[Rule]:
    """Return rules of three for every two lenders, with and without every limit."""
    return [
        Rule(
            id=UUID(int=number + 1),
            lender_id=UUID(int=10**6 + number * 2 // 3),
            waiting_since=_START + timedelta(seconds=chance.randrange(10**6)),
            currency="EUR",
            amount_minor=chance.randrange(1_000, 20_000),
            grades=frozenset(chance.sample(GRADES, chance.randrange(4))),
            purposes=frozenset(chance.sample(PURPOSES, chance.randrange(4))),
            rate_min=Decimal(chance.randrange(12)) / 100,
            term_max_months=chance.choice([None, 12, 24, 36]),
            borrower_max_minor=chance.choice([None, 50_000]),
            grade_max_minor=chance.choice([None, 100_000]),
            reserve_minor=chance.randrange(10_000),
            month_max_minor=chance.choice([None, 100_000]),
        )
        for number in range(RULES)
    ]


def _listings(chance: random.Random) -> list[Listing]:
    return [_listing(chance, number) for number in range(LISTINGS)]


def _listing(chance: random.Random, number: int) -> Listing:
    amount = chance.randrange(50_000, 5_000_000)
    return Listing(
        id=UUID(int=5 * 10**6 + number),
        borrower_id=UUID(int=9 * 10**6 + number),
        currency="EUR",
        grade=chance.choice(GRADES),
        purpose=chance.choice(PURPOSES),
        product="personal",
        annual_rate=Decimal(chance.randrange(4, 20)) / 100,
        term_months=chance.randrange(3, 48),
        left_minor=amount,
        room_minor=amount // 2,
        fraction_min_minor=1_000,
    )
