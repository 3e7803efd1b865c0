"""Sharing repayments among lenders: one loan of many notes, and a night of many loans.

Ours is the product's own command, from picking the receipts to netted balances and closed
books. The yardstick writes the same rows (shares, journals, transfers) by plain
INSERT ... SELECT and touches no balance, note, receipt or loan.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, Final

import psycopg

from bench.figures import Figure, Rounds
from bench.lending import Lending, lay_foundations, pay_instalment, settle_in
from bench.place import Place, insist_on_order, site
from bench.rows import LEDGER, Twins, timed
from bench.scales import Scale
from marketplace.settlement import distribution

ONE_LOAN_FLOOR: Final = 0.33
ONE_LOAN_MS: Final = 100.0
NIGHT_FLOOR: Final = 0.6
NOTES_EACH: Final = 10
LOANS_PER_LENDER: Final = 2

TABLES: Final = LEDGER | {
    "repayment_share": "distributed_at = %(at)s",
}
_YARDSTICK: Final = "raw INSERT ... SELECT"


def run(place: Place, scale: Scale) -> list[Figure]:
    """Measure one loan, then a night; the books must be in order at the end."""
    with site(place), place.owner() as connection:
        lay_foundations(connection)
        twins = Twins(connection, TABLES)
        figures = [_one_loan(connection, twins, scale), _night(connection, twins, scale)]
        insist_on_order()
        return figures


def _one_loan(connection: psycopg.Connection[Any], twins: Twins, scale: Scale) -> Figure:
    lending = Lending(family=0x10, loans=1, notes=scale.notes, lenders=scale.notes)
    name = f"one repayment over {scale.notes:,} notes"
    rounds = _rounds(connection, twins, lending, scale.rounds)
    figure = rounds.figure(name, "notes/s", _YARDSTICK, ONE_LOAN_FLOOR)
    millis = 1000 * scale.notes / figure.ours
    return dataclasses.replace(figure, remark=f"{millis:.0f} ms", quick_enough=millis < ONE_LOAN_MS)


def _night(connection: psycopg.Connection[Any], twins: Twins, scale: Scale) -> Figure:
    lenders = max(10, scale.loans // LOANS_PER_LENDER)
    lending = Lending(family=0x20, loans=scale.loans, notes=NOTES_EACH, lenders=lenders)
    name = f"a night of {scale.loans:,} loans of {NOTES_EACH} notes"
    rounds = _rounds(connection, twins, lending, scale.nights)
    return rounds.figure(name, "shares/s", _YARDSTICK, NIGHT_FLOOR)


def _rounds(
    connection: psycopg.Connection[Any], twins: Twins, lending: Lending, rounds: int
) -> Rounds:
    settle_in(connection, lending)
    ours, theirs = [], []
    for n in range(1, rounds + 1):
        at = pay_instalment(connection, lending, n)
        since = {"journal": twins.mark(), "at": at}
        ours.append(lending.shares / timed(functools.partial(distribution.distribute_receipts, at)))
        theirs.append(lending.shares / twins.seconds(since))
    return Rounds(ours, theirs)
