"""Bar 10: whatever the loan, every payment is shared to the cent, and nobody drifts.

At each payment the shares add up to it exactly, and what a lender has had to date is within one
minor unit of the exact share of everything paid to date.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from marketplace.settlement import distribution
from tests.chaos.lending import INSTALMENTS_MAX, Shape, pay_instalment, settle_in, shapes
from tests.chaos.outcome import Outcome, say
from tests.chaos.place import Ground, a_site
from tests.chaos.proving import broken_invariants
from tests.chaos.scales import Scale

BATCH: Final = 1_000  # loans in one database: a full run's would fill the disk

_UNEVEN: Final = """
    SELECT count(*) FROM (
        SELECT FROM receipt r JOIN note n ON n.loan_id = r.loan_id
        LEFT JOIN repayment_share s ON s.note_id = n.id AND s.sequence = r.sequence
        GROUP BY r.id, r.principal_minor, r.interest_minor
        HAVING coalesce(sum(s.principal_minor), 0) <> r.principal_minor
            OR coalesce(sum(s.interest_minor), 0) <> r.interest_minor) AS uneven
"""
_DRIFT: Final = """
    SELECT count(*) AS shares, coalesce(max(greatest(
            abs(principal_had - principal_to_date * weight / whole),
            abs(interest_had - interest_to_date * weight / whole))), 0)::float8 AS drift
    FROM (
        SELECT n.principal_minor::numeric AS weight, l.amount_minor::numeric AS whole,
            sum(coalesce(s.principal_minor, 0)) OVER note AS principal_had,
            sum(coalesce(s.interest_minor, 0)) OVER note AS interest_had,
            sum(r.principal_minor) OVER note AS principal_to_date,
            sum(r.interest_minor) OVER note AS interest_to_date
        FROM receipt r JOIN loan l ON l.id = r.loan_id JOIN note n ON n.loan_id = r.loan_id
        LEFT JOIN repayment_share s ON s.note_id = n.id AND s.sequence = r.sequence
        WINDOW note AS (PARTITION BY n.id ORDER BY r.sequence)
    ) AS running
"""
_UNPAID: Final = "SELECT count(*) FROM loan WHERE state <> 'paid_off'"


@dataclass
class Found:
    """What all batches showed."""

    shares: int = 0
    drift: float = 0.0
    uneven: int = 0
    unpaid: int = 0


def run(ground: Ground, scale: Scale) -> Outcome:
    """Let loans of every shape be repaid to the end, and look at every share."""
    found, troubles = Found(), list[str]()
    for first in range(0, scale.loans, BATCH):
        count = min(BATCH, scale.loans - first)
        troubles += _batch(ground, ground.dice("rounding", first), count, found)
        say(f"rounding: {first + count:,} loans, {found.shares:,} shares, drift {found.drift:.4f}")
    if found.uneven or found.unpaid:
        troubles.append(f"{found.uneven} payments do not add up, {found.unpaid} loans still owe")
    if found.drift > 1:
        troubles.append(f"somebody drifted {found.drift:.4f} minor units from the exact share")
    return Outcome(
        "rounding",
        f"{scale.loans:,} loans of 1 to 500 lenders and 1 to 60 instalments,"
        f" {found.shares:,} shares",
        f"{found.uneven} payments uneven, drift at most {found.drift:.4f} of a minor unit",
        "0 uneven, drift <= 1, rounding account 0",
        ground.seed,
        troubles,
    )


def _batch(ground: Ground, dice: random.Random, count: int, found: Found) -> list[str]:
    wanted = shapes(dice, count)
    with (
        ground.place() as place,
        a_site(place),
        psycopg.connect(place.url, autocommit=True) as owner,
    ):
        _live(owner, wanted)
        found.uneven += _number(owner, _UNEVEN)
        found.unpaid += _number(owner, _UNPAID)
        shares, drift = owner.execute(_DRIFT.encode()).fetchall()[0]
        found.shares, found.drift = found.shares + shares, max(found.drift, drift)
        return broken_invariants()


def _live(owner: psycopg.Connection[Any], wanted: list[Shape]) -> None:
    settle_in(owner, wanted)
    for n in range(1, min(INSTALMENTS_MAX, max(each.instalments for each in wanted)) + 1):
        distribution.distribute_receipts(pay_instalment(owner, n))


def _number(owner: psycopg.Connection[Any], sql: str) -> int:
    return int(owner.execute(sql.encode()).fetchall()[0][0])
